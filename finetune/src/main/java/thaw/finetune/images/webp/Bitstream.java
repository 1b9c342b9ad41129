package thaw.finetune.images.webp;

import java.io.IOException;

/** The compressed pixels of a frame; their number is known before they are decoded. */
sealed interface Bitstream permits LossyBitstream, LosslessBitstream {
    int width();

    int height();

    /** The most memory that {@link #decode} needs at a time, in bytes for each pixel. */
    int bytesPerPixel();

    /** The pixels, {@code [height, width, 3]}. */
    byte[] decode() throws IOException;
}
