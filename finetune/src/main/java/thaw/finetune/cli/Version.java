package thaw.finetune.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;
import thaw.engine.Device;

/** What {@code thaw --version} says: Thaw's version, Java's, and what computes on the processor. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() throws IOException {
        try (Device device = Device.cpu()) {
            return new String[] {"thaw " + number() + " (Java " + Runtime.version() + "; " + device.description() + ")"};
        }
    }

    /** Maven writes it into this file when it builds. */
    static String number() throws IOException {
        try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        }
    }
}
