package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thaw.finetune.images.ExactSize;
import thaw.finetune.images.Transforms;

/** The image preparation of a {@code config.json}. Right values: {@code timm.data.create_transform}. */
class PretrainedConfigTest {

    private static PretrainedConfig config(String entry, String value) {
        return PretrainedConfig.of(Map.of("config.pretrained_cfg." + entry, value));
    }

    /** timm's resnet34.ra4_e3600_r224_in1k; timm resizes the short side to floor(224 / 0.9). */
    @Test
    void timmsConfiguration() {
        PretrainedConfig found = PretrainedConfig.of(Map.of("config.pretrained_cfg.mean", "[0.5, 0.5, 0.5]",
                "config.pretrained_cfg.std", "0.5", "config.pretrained_cfg.input_size", "[3, 224, 224]",
                "config.pretrained_cfg.crop_pct", "0.9", "config.pretrained_cfg.interpolation", "bicubic"));
        assertEquals(Optional.of(224), found.size());
        Transforms transforms = found.evaluation(Transforms.of(224));
        assertEquals(List.of(0.5f, 0.5f, 0.5f), transforms.mean());
        assertEquals(List.of(0.5f, 0.5f, 0.5f), transforms.std());
        assertEquals(248, transforms.resize());
        assertEquals(ExactSize.RESIZE, transforms.exact(), "timm resizes images of 224 x 224 pixels too");
    }

    @ParameterizedTest
    @CsvSource({"mean,x", "mean,'[1, 2]'", "mean,'[NaN, 1, 1]'", "std,'[0, 1, 1]'", "std,-1", "std,Infinity",
        "input_size,'[3, 224, 192]'", "input_size,'[3, 2147483647, 2147483647]'", "input_size,'[3, 0, 0]'", "crop_pct,0",
        "crop_pct,1e-300", "crop_pct,1.5", "label_names,no JSON"})
    void entriesThatMakeNoSenseAreAsIfTheyWereNotThere(String entry, String value) {
        PretrainedConfig found = config(entry, value);
        assertTrue(found.mean().isEmpty() && found.std().isEmpty() && found.size().isEmpty() && found.cropFraction().isEmpty()
                && found.classes().isEmpty(), found.toString());
    }

    @Test
    void classNames() {
        assertEquals(List.of("cat", "dog"), PretrainedConfig.of(Map.of("config.id2label.0", "cat", "config.id2label.1", "dog"))
                .classes());
        assertEquals(List.of("cat", "dog"), config("label_names", "[\"cat\", \"dog\"]").classes());
    }
}
