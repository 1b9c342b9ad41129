package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** The formats that are read, told by a file's first bytes. */
enum FileFormat {
    SAFETENSORS, PYTORCH_ZIP, PYTORCH_LEGACY;

    /** How a file in PyTorch's format from before 1.6 begins: a pickle of the number 0x1950A86A20F9469CFC6C. */
    private static final String LEGACY = "80028a0a6cfc9c46f9206aa850192e";

    /** Where a tar archive has its magic word. */
    private static final int TAR_MAGIC = 257;

    static FileFormat of(FileBytes file) throws WeightFileException {
        if (file.length() == 0) {
            throw new WeightFileException(file.name() + " is empty; is the download complete?");
        }
        String hex = hex(file.slice(0, Math.min(16, file.length())));
        if (hex.startsWith("504b0304")) {
            return PYTORCH_ZIP;
        }
        if (hex.startsWith(LEGACY)) {
            return PYTORCH_LEGACY;
        }
        if (file.length() < 9 || "{ \t\r\n".indexOf(file.slice(8, 1).get(0)) >= 0 && file.slice(0, 8).getLong() >>> 32 == 0) {
            return SAFETENSORS;
        }
        throw new WeightFileException(file.name() + ": " + guess(file, hex)
                + "; Thaw reads safetensors and PyTorch checkpoints (.pth, .pt, .th, .tar, .bin)");
    }

    private static String guess(FileBytes file, String hex) {
        if (file.length() >= TAR_MAGIC + 5 && hex(file.slice(TAR_MAGIC, 5)).equals("7573746172")) {
            return "a tar archive: either packed files, which need unpacking, or PyTorch's oldest format (.tar),"
                    + " which is not read (load it in an old PyTorch and save its state_dict again)";
        }
        if (hex.startsWith("80")) {
            return "a plain Python pickle, not written by torch.save (which is needed: pickles can run code)";
        }
        if (hex.startsWith("894844460d0a1a0a")) {
            return "an HDF5 file (Keras)";
        }
        if (hex.startsWith("1f8b")) {
            return "compressed with gzip; unpack it first";
        }
        if (hex.startsWith("934e554d5059")) {
            return "a NumPy array";
        }
        String text = StandardCharsets.ISO_8859_1.decode(file.slice(0, Math.min(64, file.length()))).toString();
        if (text.startsWith("version https://git-lfs")) {
            return "a pointer of Git LFS, not the file itself; fetch it with: git lfs pull";
        }
        if (text.stripLeading().startsWith("<")) {
            return "a web page, not weights; was the download an error page?";
        }
        return "not a known weight file (it begins with the bytes " + hex + ")";
    }

    private static String hex(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return HexFormat.of().formatHex(copy);
    }
}
