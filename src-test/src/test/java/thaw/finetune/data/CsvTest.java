package thaw.finetune.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTest {
    @Test
    void readsRfc4180() {
        assertEquals(List.of(List.of("a", "b"), List.of("1", "x, y"), List.of("2", "say \"hi\"\r\nthere"), List.of("", "")),
                parse("a,b\r\n1,\"x, y\"\r\n2,\"say \"\"hi\"\"\r\nthere\"\r\n,\r\n"));
        assertEquals(List.of(List.of("a"), List.of("b", "")), parse("\ufeffa\n\n\nb,"));
        assertEquals(List.of(List.of("")), parse("\"\""));
        assertEquals(List.of(List.of("5\" tall", "x")), parse("5\" tall,x"));
        assertEquals(List.of(), parse(""));
    }

    /** The separator is the comma if it gives a table, otherwise the semicolon or the tab that does; errors are the comma's. */
    @Test
    void separators() {
        List<List<String>> table = List.of(List.of("a", "b"), List.of("1", "x"));
        assertEquals(table, Csv.table("a,b\n1,x\n", "text"));
        assertEquals(table, Csv.table("a;b\n1;x\n", "text"));
        assertEquals(table, Csv.table("\ufeff\"a\"\tb\r\n1\tx\r\n", "text"));
        assertEquals(List.of(List.of("a;c", "b"), List.of("1;2", "x")), Csv.table("a;c,b\n1;2,x\n", "text"));
        assertEquals(List.of(List.of("a", "b, c"), List.of("1", "x")), Csv.table("a;b, c\n1;x\n", "text"));
        assertEquals(List.of(List.of("a"), List.of("b")), Csv.table("a\nb", "text"));
        assertEquals(List.of(List.of("a", "b"), List.of("1")), Csv.table("a,b\n1", "text"));
        assertThrows(ImageFolderException.class, () -> Csv.table("a;b\n\"1;2", "text"));
    }

    @Test
    void whatIsWrittenIsReadBack() {
        SplittableRandom random = new SplittableRandom(1);
        String alphabet = "ab,\"\r\n é;\t";
        for (int i = 0; i < 500; i++) {
            List<List<String>> records = new ArrayList<>();
            StringBuilder text = new StringBuilder();
            for (int r = 0; r < 3; r++) {
                List<String> fields = new ArrayList<>(List.of("first"));
                for (int f = random.nextInt(4); f > 0; f--) {
                    StringBuilder field = new StringBuilder();
                    for (int c = random.nextInt(6); c > 0; c--) {
                        field.append(alphabet.charAt(random.nextInt(alphabet.length())));
                    }
                    fields.add(field.toString());
                }
                records.add(fields);
                text.append(Csv.line(fields));
            }
            assertEquals(records, parse(text.toString()));
        }
        assertEquals("plain,\"with, comma\",\"with \"\"quotes\"\"\"\r\n",
                Csv.line(List.of("plain", "with, comma", "with \"quotes\"")));
    }

    @Test
    void errorsNameTheFile(@TempDir Path folder) throws IOException {
        assertMessage(() -> Csv.read(folder.resolve("no.csv")), "no.csv", "no such file");
        Path latin = Files.write(folder.resolve("latin.csv"), "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
        assertMessage(() -> Csv.read(latin), "latin.csv", "UTF-8");
        Path open = Files.writeString(folder.resolve("open.csv"), "a,b\n1,\"x");
        assertMessage(() -> Csv.read(open), "open.csv", "record 2", "never closed");
    }

    private static List<List<String>> parse(String text) {
        return Csv.parse(text, "text");
    }

    private static void assertMessage(Runnable action, String... parts) {
        String message = assertThrows(ImageFolderException.class, action::run).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }
}
