package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** The weight file formats that are read, identified by a file's first bytes. */
enum FileFormat {
    SAFETENSORS, PYTORCH_ZIP, PYTORCH_LEGACY, PYTORCH_TAR, SHARD_INDEX, ONNX;

    /** The first bytes of the PyTorch format before 1.6, in hexadecimal: a pickle of the integer 0x1950A86A20F9469CFC6C. */
    private static final String LEGACY = "8a0a6cfc9c46f9206aa850192e";
    /** The same integer in decimal digits, as pickle protocol 1 writes it. */
    private static final String LEGACY_TEXT = "L119547037146038801333356L\n";

    static FileFormat of(FileBytes file) throws WeightFileException {
        if (file.length() == 0) {
            throw new WeightFileException("is empty; is the download complete?");
        }
        String hex = hex(file.slice(0, Math.min(32, file.length())));
        if (hex.startsWith("504b0304")) {
            return PYTORCH_ZIP;
        }
        // The pickle opcodes PROTO and, from protocol 4 on, FRAME precede the integer.
        if (hex.startsWith("80") && (hex.startsWith(LEGACY, 4) || hex.startsWith("95", 4) && hex.startsWith(LEGACY, 22))
                || hex.startsWith(HexFormat.of().formatHex(LEGACY_TEXT.getBytes(StandardCharsets.US_ASCII)))) {
            return PYTORCH_LEGACY;
        }
        if (file.length() < 9 ? !isText(file) : "{ \t\r\n".indexOf(file.slice(8, 1).get(0)) >= 0
                && file.slice(0, 8).getLong() >>> 32 == 0) {
            return SAFETENSORS;
        }
        if (TarArchive.is(file)) {
            return PYTORCH_TAR;
        }
        if (hex.startsWith("7b")) {
            return SHARD_INDEX;
        }
        if (isOnnx(file)) {
            return ONNX;
        }
        throw new WeightFileException(ForeignFormat.of(file, hex)
                + "; Thaw reads safetensors, PyTorch checkpoints (.pth, .pt, .th, .tar, .bin) and ONNX models");
    }

    /**
     * Protocol buffers have no magic number: an ONNX model begins with the version of its format, field 1, and the name of its producer,
     * field 2, or its graph, field 7.
     */
    private static boolean isOnnx(FileBytes file) {
        return file.length() >= 8 && file.get(0) == 0x08 && file.get(1) > 0 && file.get(1) < 32
                && (file.get(2) == 0x3a || file.get(2) == 0x12 && file.get(3) > 0 && Character.isLetter(file.get(4)));
    }

    /** Whether a file starts with valid UTF-8 that has no control characters other than tabs and line breaks. */
    static boolean isText(FileBytes file) {
        ByteBuffer start = file.slice(0, Math.min(512, file.length()));
        CharBuffer text = CharBuffer.allocate(512);
        // endOfInput is false, because the last character may extend beyond the bytes examined.
        if (StandardCharsets.UTF_8.newDecoder().decode(start, text, false).isError()) {
            return false;
        }
        return text.flip().chars().noneMatch(c -> c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f);
    }

    private static String hex(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return HexFormat.of().formatHex(copy);
    }
}
