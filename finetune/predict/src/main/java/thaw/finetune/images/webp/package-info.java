/**
 * Decodes WebP to 8-bit RGB, with the same bytes as libwebp: the container and the lossless format VP8L (RFC 9649), and the key
 * frames of VP8 (RFC 6386), which lossy files contain. {@link thaw.finetune.images.webp.WebpFile} is the entry point; the other
 * classes are named by the RFCs' terms and state the section they implement.
 */
package thaw.finetune.images.webp;
