package thaw.engine.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import thaw.kernels.Shape;

/**
 * A tensor of an ONNX file, {@code TensorProto} of onnx.proto3. Its values are written as bytes; they are read from bytes, floats or
 * doubles of the file, or from a file beside it, as PyTorch's exporter writes them.
 */
record OnnxTensor(String name, StoredTensor tensor) {

    // The numbers of fields.
    private static final int DIMS = 1;
    private static final int TYPE = 2;
    private static final int FLOATS = 4;
    private static final int INTS = 5;
    private static final int LONGS = 7;
    private static final int NAME = 8;
    private static final int RAW = 9;
    private static final int DOUBLES = 10;
    private static final int UNSIGNED = 11;
    private static final int EXTERNAL = 13;

    /** The types by their numbers; null for those that are not read: texts, complex numbers. */
    private static final DType[] TYPES = {null, DType.F32, DType.U8, DType.I8, DType.U16, DType.I16, DType.I32, DType.I64, null,
        DType.BOOL, DType.F16, DType.F64, DType.U32, DType.U64, null, null, DType.BF16};

    /** The files beside a model that hold values of its tensors, each opened once. */
    static final class Folder {

        private final @Nullable Path model;
        private final Map<String, FileBytes> opened = new HashMap<>();

        /** @param model its path; null for a stream, beside which there are no files */
        Folder(@Nullable Path model) {
            this.model = model;
        }

        /** @throws WeightFileException if there is no such file, or its name leads out of the folder */
        private FileBytes file(String name) throws IOException {
            if (model == null) {
                throw new WeightFileException("has its values in another file, " + WeightFileException.quote(name)
                        + ", which can't be read with a stream; give the model's path");
            }
            FileBytes file = opened.get(name);
            if (file == null) {
                file = FileBytes.map(ShardIndex.beside(model, name));
                opened.put(name, file);
            }
            return file;
        }

        /** The bytes of the files that have been opened. */
        long length() {
            return opened.values().stream().mapToLong(FileBytes::length).sum();
        }
    }

    /** The message of a tensor. */
    static ProtobufMessage message(String name, StoredTensor tensor) {
        ProtobufMessage message = new ProtobufMessage();
        for (int dim : tensor.shape().toArray()) {
            message.number(DIMS, dim);
        }
        return message.number(TYPE, Arrays.asList(TYPES).indexOf(tensor.dtype())).text(NAME, name).bytes(RAW, tensor.bytes());
    }

    /**
     * Reads a tensor; its values are a view of the file.
     *
     * @throws WeightFileException if it has other values than its type and shape need, or they are in a file that is not beside the model
     */
    static OnnxTensor read(ProtobufReader message, Folder folder) throws IOException {
        List<Long> dims = new ArrayList<>();
        long type = 0;
        String name = "";
        int kind = RAW;
        ProtobufReader values = null;
        boolean twice = false;
        Map<String, String> external = new HashMap<>();
        while (message.next()) {
            message.addIntegers(DIMS, dims);
            if (message.isNumber(TYPE)) {
                type = message.number();
            } else if (message.isBytes(NAME)) {
                name = message.text();
            } else if (message.isBytes(RAW) || message.isBytes(FLOATS) || message.isBytes(DOUBLES)) {
                twice |= values != null;
                kind = message.field();
                values = message.message();
            } else if (message.field() == INTS || message.field() == LONGS || message.field() == UNSIGNED) {
                kind = message.field();
            } else if (message.isBytes(EXTERNAL)) {
                message.message().entry(external::put);
            }
        }
        DType dtype = type > 0 && type < TYPES.length ? TYPES[(int) type] : null;
        Shape shape = TorchTensor.shape(dims.stream().mapToLong(Long::longValue).toArray());
        if (dtype == null || shape == null || !isRead(kind, dtype)) {
            long number = type;
            String form = kind == RAW ? "bytes" : "a list of numbers";
            return new OnnxTensor(name, UnreadTensor.because(() -> "is of ONNX's type " + number + " and the shape " + dims
                    + ", with values as " + form + ", which is not read", dtype, shape));
        }
        long bytes = (long) shape.size() * dtype.size();
        if (bytes > FileBytes.LARGEST_SLICE) {
            return new OnnxTensor(name, UnreadTensor.because(
                    () -> "takes " + bytes + " bytes; Thaw reads tensors of up to " + FileBytes.LARGEST_SLICE, dtype, shape));
        }
        try {
            if (twice || values != null && values.length() > 0 && !external.isEmpty()) {
                throw new WeightFileException("has its values twice, and programs differ in which they take; export the model anew");
            }
            ProtobufReader found = external.isEmpty() ? values : external(external, bytes, folder);
            long given = found == null ? 0 : found.length();
            if (given != bytes) {
                throw new WeightFileException("of shape " + shape + " needs " + bytes + " bytes of values, but has " + given
                        + "; is the download complete?");
            }
            return new OnnxTensor(name, new ContiguousTensor(dtype, shape, bytes == 0 ? StoredTensor.of(shape, new float[0]).bytes()
                    : found.bytes()));
        } catch (WeightFileException e) {
            throw e.prefixed("tensor " + WeightFileException.quote(name) + " ");
        }
    }

    private static boolean isRead(int kind, DType dtype) {
        return switch (kind) {
            case RAW -> true;
            case FLOATS -> dtype == DType.F32;
            case DOUBLES -> dtype == DType.F64;
            default -> false;
        };
    }

    /** The values that are in another file: {@code location}, {@code offset}, and {@code length}, which is that of the tensor. */
    private static ProtobufReader external(Map<String, String> entries, long bytes, Folder folder) throws IOException {
        FileBytes file = folder.file(entries.getOrDefault("location", ""));
        long offset;
        try {
            offset = Long.parseLong(entries.getOrDefault("offset", "0"));
        } catch (NumberFormatException e) {
            throw new WeightFileException("has its values at the offset " + WeightFileException.quote(entries.get("offset"))
                    + ", which is not a number");
        }
        if (!file.holds(offset, bytes)) {
            throw new WeightFileException("has " + bytes + " bytes of values from byte " + offset + " of " + file.name() + ", which has "
                    + file.length() + "; is the download complete?");
        }
        return ProtobufReader.of(file, offset, bytes);
    }
}
