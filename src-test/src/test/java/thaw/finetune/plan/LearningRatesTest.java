package thaw.finetune.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compared with values computed by hand from fastai's set_hyper and even_mults, and timm's param_groups_layer_decay. */
class LearningRatesTest {

    private static final List<String> THREE = List.of("early", "middle", "head");

    private static void assertRates(LearningRates rates, double... expected) {
        List<String> groups = List.of("a", "b", "c", "d", "e").subList(0, expected.length);
        List<Double> found = rates.forGroups(groups);
        assertEquals(expected.length, found.size());
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found.get(i), 1e-12 * expected[i], rates + ", group " + i);
        }
    }

    @Test
    void aSliceIsGeometric() {
        assertRates(LearningRates.slice(1e-5, 1e-3), 1e-5, 1e-4, 1e-3);
        assertRates(LearningRates.slice(1e-4, 1e-2), 1e-4, 1e-4 * Math.sqrt(10), 1e-3, 1e-3 * Math.sqrt(10), 1e-2);
        assertRates(LearningRates.slice(2, 8), 2, 8);
        assertRates(LearningRates.slice(2, 8), 8);
    }

    @Test
    void aSliceWithoutStartIsATenthForAllButTheLast() {
        assertRates(LearningRates.slice(2e-3), 2e-4, 2e-4, 2e-3);
        assertRates(LearningRates.slice(2e-3), 2e-3);
    }

    @Test
    void layerDecayCountsFromTheHead() {
        assertRates(LearningRates.layerDecay(1, 0.75), 0.31640625, 0.421875, 0.5625, 0.75, 1);
    }

    @Test
    void oneAndOneForEach() {
        assertRates(LearningRates.of(0.1), 0.1, 0.1, 0.1);
        assertRates(LearningRates.of(0.1, 0.2, 0.3), 0.1, 0.2, 0.3);
        assertTrue(LearningRates.of(0.1).isSingle() && !LearningRates.of(0.1, 0.2).isSingle());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e-3", "1e-5,1e-4,1e-2", "1e-5:1e-2", ":1e-2", "decay(1e-2,0.75)", "0.05,1.25e-7,0", "0.1,10", "auto",
        "auto-rgn:0.5", "auto-rgn-groups:1e-2", "l-dog", "ridge", "1e-2@early", "1e-3:0.1@early,head", "auto@middle"})
    void textIsReadAndWritten(String text) {
        assertEquals(text, LearningRates.parse(text).toString());
        assertEquals(LearningRates.parse(text), LearningRates.parse(LearningRates.parse(text).toString()));
    }

    /** Every double is written so that it reads as the same bits; the long form of earlier versions is still read. */
    @Test
    void everyRateKeepsItsBits() {
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 1000; i++) {
            LearningRates rates = LearningRates.of(Math.exp(random.nextDouble(-30, 5)));
            assertEquals(rates, LearningRates.parse(rates.toString()));
        }
        assertEquals("1e-5:1e-2", LearningRates.parse("slice(1.0E-5,0.01)").toString());
    }

    @Test
    void rulesOfTheirOwnHaveOneRateForAll() {
        assertRates(LearningRates.autoRgn(0.5), 0.5, 0.5, 0.5);
        assertRates(LearningRates.autoRgnByGroup(0.5), 0.5, 0.5);
        assertRates(LearningRates.lDog(), 1, 1, 1);
        assertRates(LearningRates.auto(), 0.05, 0.05, 0.05);
        assertRates(LearningRates.ridge(), 0, 0, 1);
        assertTrue(LearningRates.auto().isAutoRgn() && LearningRates.lDog().isAuto() && !LearningRates.lDog().isAutoRgn());
        assertTrue(!LearningRates.of(0.1).isAuto() && !LearningRates.auto().isSingle());
        for (String text : List.of("auto(1)", "auto-rgn()", "auto-rgn:1,2", "l-dog(1)", "ridge:1", "auto-rgn:0.1:0.2")) {
            assertThrows(IllegalArgumentException.class, () -> LearningRates.parse(text), text);
        }
    }

    @Test
    void ratesOfSomeGroupsOnly() {
        List<String> groups = List.of("a", "b", "c");
        assertEquals(List.of(0.1, 0.0, 0.1), LearningRates.of(0.1).only(List.of("c", "a")).forGroups(groups));
        assertEquals(List.of(0.0, 0.1, 0.2), LearningRates.of(0.1, 0.2).only(List.of("b", "c")).forGroups(groups));
        assertEquals(List.of(0.1, 0.0, 0.3), LearningRates.of(0.1, 0.2, 0.3).only(List.of("a", "c")).forGroups(groups));
        assertEquals(List.of(0.0, 4.0, 0.0), LearningRates.slice(2, 8).only(List.of("b")).forGroups(groups));
        assertEquals(List.of(0.05, 0.0, 0.0), LearningRates.auto().only(List.of("a")).forGroups(groups));
        String message = assertThrows(IllegalArgumentException.class,
                () -> LearningRates.of(0.1).only(List.of("d")).forGroups(groups)).getMessage();
        assertTrue(message.contains("[a, b, c]") && message.contains("[d]"), message);
    }

    @Test
    void leadingZerosAreFrozenGroups() {
        assertEquals(2, LearningRates.of(0, 0, 0.1).leadingZeros());
        assertEquals(0, LearningRates.of(0.1, 0, 0.1).leadingZeros());
        assertEquals(0, LearningRates.slice(1e-3).leadingZeros());
        TrainingPhase phase = new TrainingPhase("all", 2, ScheduleRecipe.oneCycle(), LearningRates.of(0, 0.1, 0.1));
        assertEquals(1, phase.firstTrainable(3, 0));
        assertEquals(2, phase.freezeTo(-1).firstTrainable(3, 0));
    }

    @Test
    void textIsReadAsPeopleWriteIt() {
        assertEquals(LearningRates.slice(1e-5, 1e-2), LearningRates.parse(" slice(1e-5, 1e-2) "));
        assertEquals(LearningRates.of(1e-5, 1e-4, 1e-2), LearningRates.parse("1e-5,1e-4,1e-2"));
        assertEquals(LearningRates.slice(1e-5, 1e-2), LearningRates.parse("1e-5:1e-2"));
        assertEquals(LearningRates.slice(1e-2), LearningRates.parse(" :1e-2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "fast", "1e-3,", "slice()", "slice(1", "cosine(1,2)", ":", "1:", "1:2:3", "(1)"})
    void otherTextIsRefusedWithExamples(String text) {
        String message = assertThrows(IllegalArgumentException.class, () -> LearningRates.parse(text)).getMessage();
        assertTrue(message.contains("slice(1e-5,1e-2)") && message.contains('"' + text + '"'), message);
    }

    @Test
    void wrongNumbersAreRefused() {
        for (String text : List.of("slice(1,2,3)", "decay(1)")) {
            assertTrue(assertThrows(IllegalArgumentException.class, () -> LearningRates.parse(text)).getMessage()
                    .contains("expected LO:HI, :HI or decay(LR,FACTOR), got "));
        }
        String message = assertThrows(IllegalArgumentException.class, () -> LearningRates.of(1, 2).forGroups(THREE)).getMessage();
        assertTrue(message.contains("[early, middle, head]") && message.contains("got 2: [1.0, 2.0]"), message);
        assertThrows(IllegalArgumentException.class, () -> LearningRates.of().forGroups(THREE));
        assertThrows(IllegalArgumentException.class, () -> LearningRates.of(1, -1));
        assertThrows(IllegalArgumentException.class, () -> LearningRates.of(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> LearningRates.slice(0, 1));
        assertThrows(IllegalArgumentException.class, () -> LearningRates.layerDecay(1, 1.5));
    }
}
