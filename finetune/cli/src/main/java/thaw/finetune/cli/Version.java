package thaw.finetune.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;
import thaw.engine.Device;

/** The text of {@code thaw --version}: the versions of Thaw and Java, and the CPU backend's description. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() throws IOException {
        try (Device device = Device.cpu()) {
            return new String[] {"thaw " + number() + " (Java " + Runtime.version() + "; " + device.description() + ")"};
        }
    }

    /** Thaw's version, which Maven writes into version.properties. */
    static String number() throws IOException {
        try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        }
    }
}
