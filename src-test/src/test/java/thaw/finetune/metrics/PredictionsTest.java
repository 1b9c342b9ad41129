package thaw.finetune.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.finetune.data.Csv;
import thaw.finetune.data.Sample;
import thaw.finetune.predict.LabelSet;

class PredictionsTest {
    @TempDir
    private Path folder;

    @Test
    void tableOfOneClassEach() throws IOException {
        Predictions p = new Predictions(new LabelSet(List.of("cat, big", "dog \"rex\""), false),
                List.of(new Sample(Path.of("a,b.jpg"), 0), new Sample(Path.of("c.jpg"), 1)),
                List.of(new double[] {0.25, 0.75}, new double[] {0.125, 0.875}));
        Path csv = folder.resolve("predictions.csv");
        p.writeCsv(csv, 0.5);
        assertEquals("file,label,predicted,\"cat, big\",\"dog \"\"rex\"\"\"\r\n"
                + "\"a,b.jpg\",\"cat, big\",\"dog \"\"rex\"\"\",0.25,0.75\r\n"
                + "c.jpg,\"dog \"\"rex\"\"\",\"dog \"\"rex\"\"\",0.125,0.875\r\n", Files.readString(csv));
        assertEquals("dog \"rex\"", Csv.read(csv).get(1).get(2));
    }

    @Test
    void tableOfSeveralClasses() throws IOException {
        Predictions p = Given.multi(new int[][] {{0, 2}, {}}, new double[][] {{0.25, 0.5, 0.75}, {0, 0, 0.125}});
        Path csv = folder.resolve("several.csv");
        p.writeCsv(csv, 0.375);
        assertEquals("file,label,predicted,c0,c1,c2\r\n0.jpg,c0;c2,c1;c2,0.25,0.5,0.75\r\n1.jpg,,,0.0,0.0,0.125\r\n",
                Files.readString(csv));
    }

    @Test
    void sizesMustAgree() {
        assertThrows(IllegalArgumentException.class, () -> Given.single(new int[] {0}, new double[][] {{1}, {1}}));
        assertThrows(IllegalArgumentException.class, () -> new Predictions(Given.classes(3, false),
                List.of(new Sample(Path.of("a"), 0)), List.of(new double[] {1, 0})));
    }
}
