// Pixels put in other places, and brought to another size.

#ifndef PICTURES_H
#define PICTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Puts the channels of so many pixels one after the other.
void pc_planes(const uint8_t *pixels, size_t count, size_t channels, uint8_t *planes);

// Brings a picture of `height` rows of `width` pixels to another size, by weighted means, so that nothing is skipped where it becomes smaller: a triangle as
// wide as two pixels of the smaller grid weighs the pixels around each place, first along rows, then along columns, each rounded to a
// byte, in fixed point with 22 bits: to the bit what Pillow's BILINEAR gives. No extent is 0. False when there's no memory.
bool pc_resize(const uint8_t *pixels, size_t height, size_t width, size_t channels, uint8_t *resized, size_t new_height,
               size_t new_width);

#endif
