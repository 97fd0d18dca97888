/* g711.h - the two codecs of ITU-T G.711, one byte for each sample of 8 kHz. */
#ifndef MEDIA_G711_H
#define MEDIA_G711_H

#include <stdint.h>

#include "media/codec.h"

extern const struct codec codec_pcmu;
extern const struct codec codec_pcma;

uint8_t ulaw_encode(int16_t sample);
int16_t ulaw_decode(uint8_t code);
uint8_t alaw_encode(int16_t sample);
int16_t alaw_decode(uint8_t code);

#endif
