#ifndef CHAINRULE_CPNG_H
#define CHAINRULE_CPNG_H

#include <png.h>
#include <string.h>

/// Begins to read a PNG in memory; 0 when it is none, and `image->message` says why.
static inline int chainrule_png_begin(png_image *image, const void *bytes, size_t count) {
  memset(image, 0, sizeof *image);
  image->version = PNG_IMAGE_VERSION;
  return png_image_begin_read_from_memory(image, bytes, count);
}

/// Whether it has colours: what is grey, with or without transparency, hasn't.
static inline int chainrule_png_has_colour(const png_image *image) {
  return (image->format & PNG_FORMAT_FLAG_COLOR) != 0;
}

/// Reads the pixels as bytes, in sRGB, over black where they are transparent.
static inline int chainrule_png_finish(png_image *image, void *pixels, int has_colour) {
  const png_color black = {0, 0, 0};
  image->format = has_colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  return png_image_finish_read(image, &black, pixels, 0, NULL);
}

/// Writes pixels as a PNG; 0 when there's no room, and `*size` says how much is needed where `memory` is NULL.
static inline int chainrule_png_write(void *memory, size_t *size, const void *pixels, unsigned width, unsigned height,
                                      int has_colour) {
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = has_colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t count = *size;
  int written = png_image_write_to_memory(&image, memory, &count, 0, pixels, 0, NULL);
  *size = count;
  return written;
}

#endif
