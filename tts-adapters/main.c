/* The program of each adapter; the makefile says which one it is. */
#include "tts-adapters/vendor.h"

int main(int argc, char **argv)
{
	return vendor_main(&VENDOR, argc, argv);
}
