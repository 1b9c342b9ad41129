package thaw.finetune.images;

import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;

/** Notices that a JPEG's scan ends before its last sample, which the JDK's reader fills with gray and only warns of. */
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
