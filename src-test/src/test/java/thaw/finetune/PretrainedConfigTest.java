package thaw.finetune;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import thaw.finetune.images.ExactSize;
import thaw.finetune.images.Transforms;

/** The image preparation of a {@code config.json}, compared with {@code timm.data.create_transform}. */
class PretrainedConfigTest {

    @Test
    void evaluatesAsTimmDoes() {
        PretrainedConfig config = PretrainedConfig.of(Map.of("config.pretrained_cfg.mean", "[0.5, 0.5, 0.5]",
                "config.pretrained_cfg.std", "[0.5, 0.5, 0.5]", "config.pretrained_cfg.input_size", "[3, 224, 224]",
                "config.pretrained_cfg.crop_pct", "0.95", "config.pretrained_cfg.interpolation", "bicubic"));
        Transforms transforms = config.evaluation(Transforms.of(224));
        assertEquals(235, transforms.resize(), "Resize(size=235), CenterCrop(size=(224, 224))");
        assertEquals(ExactSize.RESIZE, transforms.exact());
        assertEquals(List.of(0.5f, 0.5f, 0.5f), transforms.mean());
        assertEquals(List.of(0.5f, 0.5f, 0.5f), transforms.std());
        assertEquals(Optional.of(224), config.size());
        assertEquals(Optional.of("bicubic"), config.interpolation());
    }

    @Test
    void leavesTransformsAsTheyAreWithoutEntries() {
        Transforms transforms = Transforms.of(32);
        assertEquals(transforms, PretrainedConfig.of(Map.of("epoch", "3")).evaluation(transforms));
    }

    @Test
    void ignoresEntriesThatMakeNoSense() {
        PretrainedConfig config = PretrainedConfig.of(Map.of("config.pretrained_cfg.mean", "[NaN, 0, 0]",
                "config.pretrained_cfg.std", "[0, 0, 0]", "config.pretrained_cfg.input_size", "[3, 224]",
                "config.pretrained_cfg.crop_pct", "-1"));
        assertEquals(Transforms.of(64), config.evaluation(Transforms.of(64)));
        assertEquals(Optional.empty(), config.size());
    }

    @Test
    void namesClassesByTheirNumber() {
        assertEquals(List.of("cat", "dog"), PretrainedConfig.of(Map.of("config.id2label.0", "cat", "config.id2label.1", "dog"))
                .classes());
    }
}
