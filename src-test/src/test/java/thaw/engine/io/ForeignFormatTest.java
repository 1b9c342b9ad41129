package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that hold no weights, or not in a way that is read: each is named, with what to do. */
class ForeignFormatTest {

    private static void named(byte[] content, String word) {
        WeightFileException e = assertThrows(WeightFileException.class, () -> Weights.read(FileBytes.of("some.file", content)));
        assertTrue(e.getMessage().startsWith("some.file: ") && e.getMessage().contains(word), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "<!DOCTYPE html><html>                              | web page",
        "version https://git-lfs.github.com/spec/v1         | git lfs pull",
        "Entry not found                                    | \"Entry not found\"; if that is a server's answer",
        "Not found                                          | server's answer",
        "404                                                | server's answer",
        "Invalid username or password.                      | your access",
        "{\"error\":\"Repository not found\"}               | error: \"Repository not found\"; check the address",
        "{\"message\": \"Bad credentials\", \"status\": 401} | Bad credentials",
        "{\"architectures\": [\"ResNet\"], \"depths\": [3]} | config; give the weight file",
        "{\"a\": 1}                                         | weight_map",
        "{\"weight_map\":                                   | not valid JSON",
        "hello, this is text                                | safetensors"})
    void texts(String content, String word) {
        named(content.getBytes(StandardCharsets.UTF_8), word);
    }

    /** The first bytes that each program writes; ONNX and Core ML: field 1 is a version, then a text, or a message. */
    @ParameterizedTest
    @CsvSource({
        "894844460d0a1a0a0000000000, HDF5", "1f8b0800000000000003000000, gzip",
        "504b0304140000000000000000000000000000000000000000000000, complete?", "fd377a585a000004e6d6b44602, xz",
        "28b52ffd0458000000000000, zstd", "425a6839314159265359000000, bzip2", "377abcaf271c0004000000, 7z",
        "789c0000000000000000, joblib", "934e554d505901007600, .npy", "4747554603000000000000, GGUF",
        "04000000010000000300000056203100, Torch7", "030000000100000002000000, Torch7", "80049501000000000000005d942e, pickle",
        "1c00000054464c330000000000, .tflite", "0807120770796f72636831, ONNX", "0804123a0a120a05696d616765, protocol buffer",
        "080112a5070a340a0a, saved_model.pb", "0a240a05696e707574120b506c61, frozen graph", "81a6706172616d7382a5, Flax",
        "de0010a6706172616d73, Flax", "000102030405060708090a, bytes 0001020304050607"})
    void binaries(String hex, String word) {
        named(HexFormat.of().parseHex(hex), word);
    }

    @ParameterizedTest
    @CsvSource({
        "ep/archive_format ep/models/model.json, torch.export.load", "version serialized_exported_program.json, .pt2",
        "conv1.npy bn1.npy, .npz", "metadata.json config.json model.weights.h5, .keras",
        "MAR-INF/MANIFEST.json resnet18.pth, give the weight file in it: \"resnet18.pth\"",
        "readme.txt, not one of PyTorch"})
    void zipArchives(String names, String word) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            for (String name : names.split(" ")) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(1);
            }
        }
        named(out.toByteArray(), word);
    }
}
