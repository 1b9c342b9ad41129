package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.kernels.Shape;

class SafetensorsTest {

    @TempDir
    Path folder;

    private static Map<String, StoredTensor> random(Random random) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (int i = random.nextInt(12); i > 0; i--) {
            int[] dims = random.ints(random.nextInt(5), 0, 6).toArray();
            DType dtype = DType.values()[random.nextInt(DType.values().length)];
            byte[] bytes = new byte[Shape.of(dims).size() * dtype.size()];
            random.nextBytes(bytes);
            String name = random.nextBoolean() ? "layer" + i + ".weight" : "näme \"" + i + "\" \u0007 \uD83D\uDE00\\";
            tensors.put(name, StoredTensor.ofBytes(dtype, Shape.of(dims), bytes));
        }
        return tensors;
    }

    @RepeatedTest(30)
    void roundTripKeepsEveryBit(RepetitionInfo repetition) throws IOException {
        Map<String, StoredTensor> tensors = random(new Random(repetition.getCurrentRepetition()));
        Map<String, String> metadata = Map.of("format", "pt", "clässes", "cat\ndog\t\"\u0001");
        Path path = folder.resolve("w.safetensors");
        Safetensors.write(path, tensors, metadata);
        Weights read = Weights.read(path);
        assertEquals(metadata, read.metadata());
        assertEquals(tensors.keySet(), read.keySet());
        tensors.forEach((name, tensor) -> {
            assertEquals(tensor.dtype(), read.get(name).dtype());
            assertEquals(tensor.shape(), read.get(name).shape());
            assertEquals(tensor.bytes(), read.get(name).bytes());
        });
        Path again = folder.resolve("again.safetensors");
        Weights.write(again, read, read.metadata());
        assertEquals(-1, Files.mismatch(path, again), "reading and writing again gives the same bytes");
    }

    @RepeatedTest(10)
    void layoutIsAlignedSortedAndPadded(RepetitionInfo repetition) throws IOException {
        Path path = folder.resolve("w.safetensors");
        Safetensors.write(path, random(new Random(100 + repetition.getCurrentRepetition())), Map.of());
        long headerLength = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN).getLong();
        assertEquals(0, headerLength % 8);
        StoredTensor previous = null;
        for (StoredTensor t : Weights.read(path).values()) {
            assertTrue(previous == null || previous.dtype().size() >= t.dtype().size());
            previous = t;
        }
    }

    /** The file equals that of Python's safetensors 0.8 for the same tensors and metadata. */
    @Test
    void sameBytesAsTheReferenceWriter() throws IOException {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        tensors.put("b", StoredTensor.of(Shape.of(1, 2), new float[] {1, -2}));
        tensors.put("n", StoredTensor.ofLongs(Shape.SCALAR, new long[] {7}));
        tensors.put("a", StoredTensor.of(Shape.of(1), new float[] {0.5f}));
        tensors.put("m", StoredTensor.ofBytes(DType.BOOL, Shape.of(2), new byte[] {1, 0}));
        Path path = folder.resolve("w.safetensors");
        Safetensors.write(path, tensors, Map.of("format", "pt"));
        byte[] bytes = Files.readAllBytes(path);
        String header = "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[12,20]},"
                + "\"m\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[20,22]}}";
        int padded = (header.length() + 7) / 8 * 8;
        ByteBuffer expected = ByteBuffer.allocate(8 + padded + 22).order(ByteOrder.LITTLE_ENDIAN);
        expected.putLong(padded).put(header.getBytes(StandardCharsets.UTF_8));
        while (expected.position() < 8 + padded) {
            expected.put((byte) ' ');
        }
        expected.putLong(7).putFloat(0.5f).putFloat(1).putFloat(-2).put((byte) 1).put((byte) 0);
        assertArrayEquals(expected.array(), bytes);
    }

    @Test
    void metadataIsNoNameForATensor() {
        Path path = folder.resolve("w.safetensors");
        Map<String, StoredTensor> tensors = Map.of("__metadata__", StoredTensor.of(Shape.of(1), new float[1]));
        assertThrows(IllegalArgumentException.class, () -> Safetensors.write(path, tensors, Map.of()));
        assertTrue(Files.notExists(path));
    }

    @Test
    void aFailedWriteLeavesTheOldFileAndNoOther() throws IOException {
        Path path = folder.resolve("w.safetensors");
        Weights.write(path, Map.of("a", StoredTensor.of(Shape.of(1), new float[] {1})), Map.of());
        byte[] before = Files.readAllBytes(path);
        StoredTensor failing = new StoredTensor() {
            @Override
            public DType dtype() {
                return DType.F32;
            }

            @Override
            public Shape shape() {
                return Shape.of(1);
            }

            @Override
            public ByteBuffer bytes() {
                throw new IllegalStateException("the device went away");
            }
        };
        assertThrows(IllegalStateException.class, () -> Weights.write(path, Map.of("a", failing), Map.of()));
        assertArrayEquals(before, Files.readAllBytes(path));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void aFileCanBeReplacedWhileItsTensorsAreInUse() throws IOException {
        Path path = folder.resolve("w.safetensors");
        Weights.write(path, Map.of("a", StoredTensor.of(Shape.of(2), new float[] {1, 2})), Map.of());
        Weights old = Weights.read(path);
        Weights.write(path, Map.of("a", StoredTensor.of(Shape.of(1), new float[] {3})), Map.of());
        assertArrayEquals(new float[] {1, 2}, old.get("a").toFloats());
        assertArrayEquals(new float[] {3}, Weights.read(path).get("a").toFloats());
    }

    /** Three tensors of 1 GiB in a sparse file, which takes no disk space; reads cross the borders of mapped windows. */
    @Test
    void filesBeyondTwoGibibytes() throws IOException {
        int gib = 1 << 30;
        StringBuilder header = new StringBuilder("{");
        for (int i = 0; i < 3; i++) {
            header.append(String.format("\"t%d\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[%d,%d]},", i, gib,
                    (long) i * gib, (i + 1L) * gib));
        }
        header.setCharAt(header.length() - 1, '}');
        Path path = folder.resolve("large.safetensors");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            long begin = 8 + header.length();
            file.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length()).array());
            file.write(header.toString().getBytes(StandardCharsets.UTF_8));
            file.setLength(begin + 3L * gib);
            for (int i = 0; i < 3; i++) {
                file.seek(begin + (long) i * gib);
                file.write(10 + i);
                file.seek(begin + (i + 1L) * gib - 1);
                file.write(20 + i);
            }
        }
        Weights weights = Weights.read(path);
        for (int i = 0; i < 3; i++) {
            ByteBuffer bytes = weights.get("t" + i).bytes();
            assertEquals(gib, bytes.remaining());
            assertEquals(10 + i, bytes.get(0));
            assertEquals(0, bytes.get(gib / 2));
            assertEquals(20 + i, bytes.get(gib - 1));
        }
        FileBytes file = FileBytes.map(path);
        assertTrue(file.holds(gib, gib));
        assertFalse(file.holds(gib, gib + 1));
    }

    @Test
    void rangesThatAFileHolds() {
        FileBytes file = FileBytes.of("file", new byte[] {1, 2, 3, 4, 5});
        assertEquals(5, file.get(4));
        long[] numbers = {Long.MIN_VALUE, -1, 0, 1, 4, 5, 6, Long.MAX_VALUE};
        for (long begin : numbers) {
            for (long count : numbers) {
                boolean within = begin >= 0 && count >= 0 && BigInteger.valueOf(begin).add(BigInteger.valueOf(count))
                        .compareTo(BigInteger.valueOf(5)) <= 0;
                assertEquals(within, file.holds(begin, count), begin + " " + count);
            }
        }
    }
}
