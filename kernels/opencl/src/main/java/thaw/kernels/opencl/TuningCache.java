package thaw.kernels.opencl;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import thaw.kernels.CacheFolder;

/**
 * The {@link Tuning}s found on this machine: a properties file for each device, driver and version of the kernels, so that
 * a result found with another driver or other kernels is not used.
 */
final class TuningCache {

    private static final List<String> KERNELS = List.of("gemm.cl", "gemm_solo.cl", "gemm_sum.cl", "winograd.cl");
    private static final String WINOGRAD = "winograd.channels";
    private static final int NAME_DIGITS = 16;

    private final Path folder;

    /** @param cache the folder for data kept between runs; need not exist */
    TuningCache(Path cache) {
        folder = cache.resolve("opencl-tuning");
    }

    /** The tuning of this device; empty if there is none, or if the file cannot be used, which is logged as a warning. */
    Optional<Tuning> read(OpenClDevice device) {
        Path file = file(device);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try (Reader in = Files.newBufferedReader(file)) {
            Properties entries = new Properties();
            entries.load(in);
            identity(device).forEach((key, value) -> {
                if (!value.equals(entries.getProperty(key))) {
                    throw new IllegalArgumentException(key + " is " + entries.getProperty(key) + " rather than " + value);
                }
            });
            return Optional.of(parse(entries));
        } catch (IOException | IllegalArgumentException unusable) {
            Logger logger = System.getLogger(TuningCache.class.getPackageName());
            logger.log(Level.WARNING, "{0} cannot be used ({1}); {2} runs untuned, thaw tune rewrites the file", file,
                    unusable.getMessage(), device.name());
            return Optional.empty();
        }
    }

    /** @return the file, which is replaced atomically: it holds either the old or the new tuning */
    Path write(OpenClDevice device, Tuning tuning) throws IOException {
        Properties entries = new Properties();
        entries.putAll(identity(device));
        tuning.tiles().forEach(
                (shape, t) -> entries.setProperty(key(shape), String.join(" ", t.staging().name().toLowerCase(Locale.ROOT),
                        "" + t.mDim(), "" + t.nDim(), "" + t.mItem(), "" + t.nItem(), "" + t.kTile(), "" + t.vector())));
        entries.setProperty(WINOGRAD, Integer.toString(tuning.winogradChannels()));
        StringWriter text = new StringWriter();
        entries.store(text, "Written by thaw tune; delete this file to discard the tuning.");
        Path file = file(device);
        CacheFolder.write(file, text.toString().getBytes(StandardCharsets.UTF_8));
        return file;
    }

    Path file(OpenClDevice device) {
        return folder.resolve(hash(identity(device).toString()) + ".properties");
    }

    private static Map<String, String> identity(OpenClDevice device) {
        StringBuilder sources = new StringBuilder();
        KERNELS.forEach(file -> sources.append(code(Programs.source(file))));
        return new TreeMap<>(Map.of("device", device.name(), "driver", device.platform() + ", " + device.driver(), "kernels",
                hash(sources.toString())));
    }

    /** A kernel's source without comments and with single spaces: rewording a comment does not discard a tuning. */
    static String code(String source) {
        return source.replaceAll("(?s)/\\*.*?\\*/|//[^\n]*", " ").replaceAll("\\s+", " ").strip();
    }

    private static Tuning parse(Properties entries) {
        Map<ProductShape, GemmTile> tiles = new EnumMap<>(ProductShape.class);
        for (ProductShape shape : ProductShape.values()) {
            tiles.put(shape, parse(key(shape), entries.getProperty(key(shape), "")));
        }
        int channels = Integer.parseInt(entries.getProperty(WINOGRAD, ""));
        if (channels < 1) {
            throw new IllegalArgumentException(WINOGRAD + " is " + channels + ", expected at least 1");
        }
        return new Tuning(tiles, channels);
    }

    private static GemmTile parse(String key, String text) {
        if (!text.matches("(solo|shared|ahead|direct)( [0-9]{1,4}){6}")) {
            throw new IllegalArgumentException(key + " is '" + text + "', expected solo, shared, ahead or direct and six numbers");
        }
        String[] words = text.split(" ");
        int[] n = Arrays.stream(words).skip(1).mapToInt(Integer::parseInt).toArray();
        return new GemmTile(GemmTile.Staging.valueOf(words[0].toUpperCase(Locale.ROOT)), n[0], n[1], n[2], n[3], n[4], n[5]);
    }

    private static String key(ProductShape shape) {
        return "tile." + shape;
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, NAME_DIGITS);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }
}
