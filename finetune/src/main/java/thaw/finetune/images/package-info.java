/**
 * Pictures before they are tensors: decoding files to 8-bit RGB, resizing with an antialiasing filter, cropping, mirroring and
 * normalising. Everything here gives the bytes that Pillow and torchvision give for the same file wherever the decoders agree,
 * because pretrained weights have learnt from those bytes.
 */
package thaw.finetune.images;
