package thaw.finetune.train;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.finetune.images.Crop;
import thaw.finetune.images.Transforms;
import thaw.kernels.Shape;
import thaw.resnet.Layer;
import thaw.resnet.Network;

/**
 * A cache of a frozen body's features, one safetensors file per body and preparation of images, which {@link Precompute} reads and
 * writes. Keys are the SHA-256 of the images' files in lower-case hexadecimal digits, with a suffix for mirrored images. Damaged files
 * and entries are ignored.
 */
public final class FeatureCache {
    private final Path file;
    private final Map<String, float[]> features = new HashMap<>();

    private FeatureCache(Path file) {
        this.file = file;
    }

    /**
     * Opens the cache for a network's current body and a preparation of images; it is empty if the file is missing or
     * unreadable.
     */
    public static FeatureCache open(Path folder, Network net, Transforms transforms) {
        FeatureCache cache = new FeatureCache(folder.resolve(key(net, transforms) + ".safetensors"));
        if (Files.exists(cache.file)) {
            try {
                cache.read();
            } catch (IOException | RuntimeException damaged) {
                cache.features.clear();
            }
        }
        return cache;
    }

    private void read() throws IOException {
        Weights all;
        try (InputStream in = Files.newInputStream(file)) {
            all = Weights.read(in);
        }
        all.forEach((hash, tensor) -> {
            float[] values = tensor.toFloats();
            if (checksum(values).equals(all.metadata().get(hash))) {
                features.put(hash, values);
            }
        });
    }

    /**
     * The cache file's name: a digest of the body's layers and weights, the preparation and the device. The device is included because another
     * one rounds differently, and a run must give the same bits with and without a cache.
     */
    private static String key(Network net, Transforms transforms) {
        MessageDigest digest = sha256();
        update(digest, net.name() + ' '
                + net.outline(transforms.size(), transforms.size()).layers().stream().map(Layer::kind)
                        .toList()
                + ' ' + net.device().description());
        Map<String, String> preparation = new TreeMap<>(transforms.crop(Crop.CENTER).flip(false).toMap());
        preparation.forEach((name, value) -> update(digest, name + '=' + value));
        net.bodyStateDict().forEach((name, tensor) -> {
            update(digest, name + tensor.shape());
            digest.update(tensor.bytes());
        });
        return HexFormat.of().formatHex(digest.digest(), 0, 16);
    }

    static void update(MessageDigest digest, String text) {
        digest.update((text + '\n').getBytes(StandardCharsets.UTF_8));
    }

    /** The SHA-256 of an image's content, with which its key begins. */
    static String contentHash(byte[] image) {
        return HexFormat.of().formatHex(sha256().digest(image));
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException everyPlatformHasIt) {
            throw new IllegalStateException(everyPlatformHasIt);
        }
    }

    /** The features of a key; null if they are not cached. */
    float @Nullable [] get(String key) {
        return features.get(key);
    }

    /** Adds an image's features, or replaces them. */
    public void put(String key, float[] values) {
        features.put(key, values);
    }

    /**
     * Writes the cache. The file is replaced atomically.
     *
     * @throws IOException if writing fails
     */
    public void write() throws IOException {
        Files.createDirectories(file.getParent());
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        Map<String, String> checksums = new LinkedHashMap<>();
        new TreeMap<>(features).forEach((hash, values) -> {
            tensors.put(hash, StoredTensor.of(Shape.of(values.length), values));
            checksums.put(hash, checksum(values));
        });
        Weights.write(file, tensors, checksums);
    }

    private static String checksum(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
        bytes.asFloatBuffer().put(values);
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return Long.toHexString(crc.getValue());
    }
}
