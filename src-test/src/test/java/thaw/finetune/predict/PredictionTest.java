package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PredictionTest {

    private static final Prediction ONE = prediction(0.2, 0.1, 0.4, 0.1, 0.2);

    /** A prediction of the classes a, b, c, … with these probabilities. */
    private static Prediction prediction(double... probabilities) {
        return new Prediction(IntStream.range(0, probabilities.length)
                .mapToObj(i -> new ClassProbability(String.valueOf((char) ('a' + i)), probabilities[i])).toList(), 0.15,
                OptionalDouble.empty());
    }

    @Test
    void topIsSortedAndKeepsTheOrderOfEquals() {
        assertEquals("c", ONE.label());
        assertEquals(0.4, ONE.probability());
        assertEquals(List.of("c", "a", "e", "b", "d"), ONE.top(9).stream().map(ClassProbability::label).toList());
        assertEquals(List.of(new ClassProbability("c", 0.4), new ClassProbability("a", 0.2)), ONE.top(2));
        assertEquals("a", prediction(0.5, 0.5).label());
        assertEquals("top: expected at least 1 class, got 0",
                assertThrows(IllegalArgumentException.class, () -> ONE.top(0)).getMessage());
    }

    @Test
    void probabilitiesAreInTheOrderOfTheClasses() {
        assertEquals(List.of("a", "b", "c", "d", "e"), ONE.probabilities().stream().map(ClassProbability::label).toList());
        assertEquals(0.1, ONE.probability("d"));
        assertEquals("label: the model has no class 'dog'; its classes are [a, b, c, d, e]",
                assertThrows(IllegalArgumentException.class, () -> ONE.probability("dog")).getMessage());
    }

    @Test
    void labelsAreAboveTheThreshold() {
        assertEquals(List.of("c", "a", "e"), ONE.labels());
        assertEquals(List.of("c"), ONE.labels(0.2));
        assertEquals(List.of(), ONE.labels(0.9));
    }
}
