package thaw.finetune.augment;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonSubTypes.Type;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** The settings of a random change of one training image. Jackson writes and reads them with the record's name as "type". */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({@Type(Flip.class), @Type(Dihedral.class), @Type(Rotate.class), @Type(Zoom.class), @Type(Warp.class),
    @Type(Brightness.class), @Type(Contrast.class), @Type(PcaLighting.class), @Type(RandomResizedCrop.class),
    @Type(RandomErasing.class)})
public sealed interface ImageTransform permits CoordinateTransform, LightingTransform, RandomResizedCrop, RandomErasing {
}
