package thaw.finetune.images;

import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;

/**
 * Notices that a JPEG was cut short. The JDK's reader fills the missing rows with gray and only warns; to train on such a
 * picture unawares is worse than to stop. Either warning alone still leaves a whole picture: only the end marker is lost, or
 * some bytes in the middle are.
 */
final class TruncationWarning implements IIOReadWarningListener {
    private boolean endMarkerMissing;
    private boolean samplesMissing;

    @Override
    public void warningOccurred(ImageReader source, String text) {
        endMarkerMissing |= text.contains("Missing EOI");
        samplesMissing |= text.contains("premature end of data");
    }

    void check() throws IOException {
        if (endMarkerMissing && samplesMissing) {
            throw new IOException("the file is cut short");
        }
    }
}
