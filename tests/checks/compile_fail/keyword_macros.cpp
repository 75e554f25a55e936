// SPDX-License-Identifier: MIT

// Compiles: Qt's keywords and the words that <windows.h> takes are no names of ours.
#define emit
#define slots
#define signals public
#define foreach(variable, container) for (variable : container)
#define forever for (;;)
#define ERROR 0
#define DELETE 0x00010000L
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define STRICT 1
#define interface struct
#define small char
#define near
#define far
#include <movio/exhibitor.hpp>
#include <movio/exhibitor/coroutine.hpp>
#include <movio/exhibitor/testing.hpp>

int main() {}
