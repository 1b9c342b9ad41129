/**
 * WebP to 8-bit RGB, to the bytes of libwebp: the container and the lossless format VP8L of RFC 9649, and the key frames of
 * VP8, RFC 6386, that lossy files hold. {@link thaw.finetune.images.webp.WebpFile} is the entry; the other classes are named
 * by the RFCs' terms and say which section they implement.
 */
package thaw.finetune.images.webp;
