package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Results of epochs as JSON. */
class EpochResultTest {
    private static final ObjectMapper JSON = FiniteJson.builder().build();

    @Test
    void aResultWithoutAFieldIsRefused() throws JsonProcessingException {
        EpochResult result = new EpochResult(new EpochResult.Place("head", 1, 2), Double.NaN,
                new EpochResult.Validation(0.5, 0.75, Map.of("error rate", 0.25)), List.of(0.1), 3, List.of());
        String text = JSON.writeValueAsString(result);
        assertEquals(result, JSON.readValue(text, EpochResult.class));
        List<String> fields = new ArrayList<>();
        JSON.readTree(text).fieldNames().forEachRemaining(fields::add);
        assertEquals(10, fields.size());
        for (String field : fields) {
            String without = ((ObjectNode) JSON.readTree(text)).without(field).toString();
            String message = assertThrows(JsonProcessingException.class, () -> JSON.readValue(without, EpochResult.class)).getMessage();
            assertTrue(message.contains(" " + field), message);
        }
    }
}
