/**
 * What chance does to training images, so that a network never sees the same one twice: fastai's {@code aug_transforms}, crops of
 * random size, erasing and PCA lighting for one image; mixup and CutMix for a batch. Settings are records; what they draw comes
 * from the random stream that they are given and from nothing else.
 */
package thaw.finetune.augment;
