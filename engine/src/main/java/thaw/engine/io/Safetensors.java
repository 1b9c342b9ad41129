package thaw.engine.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import com.fasterxml.jackson.core.JsonGenerator;

/**
 * The safetensors format:
 *
 * <pre>
 *   8 bytes   N, unsigned, little-endian
 *   N bytes   JSON in UTF-8: {"name": {"dtype": "F32", "shape": [64, 3, 7, 7], "data_offsets": [begin, end]}, …,
 *             "__metadata__": {"key": "text", …}}
 *   the rest  the tensors' bytes, little-endian, row-major, without gaps; offsets count from here
 * </pre>
 *
 * A file is checked completely before any tensor is returned; {@link SafetensorsException.Rule} lists the checks.
 */
final class Safetensors {

    /** The longest header that readers accept, in bytes. */
    static final long LONGEST_HEADER = 100_000_000;

    private Safetensors() {
    }

    /**
     * Reads a file; tensors are in the order of the header, under the header's names.
     *
     * @throws SafetensorsException if the file violates a rule of the format
     */
    static Weights read(FileBytes file) throws IOException {
        return SafetensorsHeader.read(file).weights(file);
    }

    /**
     * See {@link Weights#write}. Tensors are ordered by the alignment of their dtype, largest first, and then by name, so that
     * each is aligned in a mapped file.
     */
    static void write(Path path, Map<String, ? extends StoredTensor> tensors, Map<String, String> metadata)
            throws IOException {
        List<Map.Entry<String, StoredTensor>> ordered = new ArrayList<>();
        tensors.forEach((name, tensor) -> ordered.add(Map.entry(name, tensor)));
        // By UTF-8 bytes, as other writers sort; the order of Java strings differs beyond the basic multilingual plane.
        Comparator<Map.Entry<String, StoredTensor>> byName = Map.Entry
                .comparingByKey((a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8)));
        Comparator<Map.Entry<String, StoredTensor>> byType = Comparator.comparing(e -> e.getValue().dtype());
        ordered.sort(byType.reversed().thenComparing(byName));

        byte[] header = header(ordered, metadata);
        AtomicFile.write(path, channel -> {
            ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length);
            AtomicFile.writeAll(channel, length);
            AtomicFile.writeAll(channel, ByteBuffer.wrap(header));
            for (Map.Entry<String, StoredTensor> e : ordered) {
                AtomicFile.writeAll(channel, e.getValue().bytes());
            }
        });
    }

    private static byte[] header(List<Map.Entry<String, StoredTensor>> ordered, Map<String, String> metadata)
            throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = FlatJson.FACTORY.createGenerator(out)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(SafetensorsHeader.METADATA);
                for (Map.Entry<String, String> e : metadata.entrySet()) {
                    json.writeStringField(e.getKey(), e.getValue());
                }
                json.writeEndObject();
            }
            long begin = 0;
            for (Map.Entry<String, StoredTensor> e : ordered) {
                if (e.getKey().equals(SafetensorsHeader.METADATA)) {
                    throw new IllegalArgumentException("a tensor can't be named " + SafetensorsHeader.METADATA
                            + ", which safetensors reserves for the file's metadata; rename it");
                }
                StoredTensor tensor = e.getValue();
                long end = begin + (long) tensor.shape().size() * tensor.dtype().size();
                json.writeObjectFieldStart(e.getKey());
                json.writeStringField("dtype", tensor.dtype().name());
                json.writeFieldName("shape");
                json.writeArray(tensor.shape().toArray(), 0, tensor.shape().rank());
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {begin, end}, 0, 2);
                json.writeEndObject();
                begin = end;
            }
            json.writeEndObject();
        }
        while (out.size() % 8 != 0) {
            out.write(' ');
        }
        if (out.size() > LONGEST_HEADER) {
            throw new IllegalArgumentException("the names and metadata need a header of " + out.size()
                    + " bytes; readers of safetensors accept up to " + LONGEST_HEADER);
        }
        return out.toByteArray();
    }
}
