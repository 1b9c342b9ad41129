package thaw.finetune.images.webp;

import java.io.IOException;

/** The compressed pixels of a frame, whose size is known before decoding. */
sealed interface Bitstream permits LossyBitstream, LosslessBitstream {
    int width();

    int height();

    /** The peak memory of {@link #decode}, in bytes per pixel. */
    int bytesPerPixel();

    /** Decodes the pixels to RGB, {@code [height, width, 3]}. */
    byte[] decode() throws IOException;
}
