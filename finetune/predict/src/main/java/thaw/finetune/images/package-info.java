/**
 * Image decoding to 8-bit RGB, antialiased resizing, cropping, mirroring and normalisation. The results are byte-identical to
 * those of Pillow and torchvision wherever the decoders agree, because pretrained weights were trained on such images.
 */
package thaw.finetune.images;
