package thaw.finetune.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.finetune.diagnostics.GroupActivity;
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.FiniteJson;

class FiniteJsonTest {
    private static final double NAN = Double.NaN;

    private final ObjectMapper json = FiniteJson.builder().build();
    private final RunLog log = new RunLog(List.of("body", "head"), List.of(new EpochResult(new EpochResult.Place("all", 1, 1), 0.7,
            new EpochResult.Validation(1.0 / 3, 0.5, Map.of("roc_auc", NAN)), List.of(0.0, 1e-3), 2.5,
            List.of(new GroupActivity("body", 0, NAN, NAN, 0, 0, 1),
                    new GroupActivity("head", 1e-3, 0.5, 1e-4, 1, 0.1, NAN)))));

    @Test
    void whatIsNotFiniteIsNull() throws IOException {
        ObjectNode node = json.createObjectNode().put("a", NAN).put("b", Double.POSITIVE_INFINITY).put("c", Float.NaN);
        node.putArray("d").add(Double.NEGATIVE_INFINITY).add(1.5);
        assertEquals("{\"a\":null,\"b\":null,\"c\":null,\"d\":[null,1.5]}", json.writeValueAsString(node));
        assertEquals("[null,1.0,null]", json.writeValueAsString(new double[] {NAN, 1, Double.POSITIVE_INFINITY}));
        assertEquals("[null,2.0]", json.writeValueAsString(new float[] {Float.NEGATIVE_INFINITY, 2}));
    }

    @Test
    void nullIsReadAsNotANumber() throws IOException {
        assertEquals(List.of(NAN, 1.0), json.readValue("[null,1]", new TypeReference<List<Double>>() {}));
        assertEquals(Map.of("a", NAN), json.readValue("{\"a\":null}", new TypeReference<Map<String, Double>>() {}));
        String text = json.writeValueAsString(log);
        assertFalse(text.contains("NaN"), text);
        assertEquals(log, json.readValue(text, RunLog.class));
    }

    /** Jackson's own spelling. */
    @Test
    void namesOfSuchNumbersAreReadToo() throws IOException {
        String text = new ObjectMapper().writeValueAsString(log);
        assertEquals(1 + 4, text.split("\"NaN\"", -1).length, text);
        assertEquals(log, json.readValue(text, RunLog.class));
        assertEquals(List.of(Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY),
                json.readValue("[\"Infinity\",\"-Infinity\"]", new TypeReference<List<Double>>() {}));
    }

    @Test
    void tablesHaveEmptyFields(@TempDir Path folder) throws IOException {
        RunLog infinite = new RunLog(List.of("head"), List.of(new EpochResult(new EpochResult.Place("all", 1, 1), 0.5,
                new EpochResult.Validation(0.25, 0.5, Map.of("kappa", NAN)),
                List.of(1e-3), 2, List.of(new GroupActivity("head", 1e-3, Double.POSITIVE_INFINITY, NAN, 1, 2, NAN)))));
        infinite.write(folder.resolve("log.csv"));
        assertEquals("all,1,0.5,0.25,,0.001,2.000", Files.readAllLines(folder.resolve("log.csv")).get(1));
        infinite.writeGroups(folder.resolve("groups.csv"));
        assertEquals("all,1,head,0.001,,,1.0,2.0,,", Files.readAllLines(folder.resolve("groups.csv")).get(1));
    }
}
