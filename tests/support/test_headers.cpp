// Exists so that the precompiled headers of tests/CMakeLists.txt have a program to belong to.
