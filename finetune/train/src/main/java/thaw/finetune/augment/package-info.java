/**
 * Random augmentation of training images: fastai's {@code aug_transforms}, crops of random size, random erasing and PCA lighting
 * for single images; mixup and CutMix for batches. Users add an {@link ImageTransform} or a {@link BatchMix} of their own.
 * Settings are records; their draws depend only on the random stream passed in.
 */
package thaw.finetune.augment;
