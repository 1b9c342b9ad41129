package thaw.finetune.images;

import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;

/** Detects a JPEG scan that ends before its last sample: the JDK's reader fills the rest with grey and only warns. */
final class MissingSamples implements IIOReadWarningListener {
    private boolean noticed;

    @Override
    public void warningOccurred(ImageReader source, String text) {
        noticed |= text.contains("premature end of data") || text.contains("instead of RST");
    }

    boolean noticed() {
        return noticed;
    }
}
