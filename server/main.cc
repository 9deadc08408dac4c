#include "app/application.h"

int main(int argc, char** argv) { return holter::app::Main(argc, argv); }
