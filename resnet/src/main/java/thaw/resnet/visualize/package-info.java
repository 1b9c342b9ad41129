/**
 * Pictures of a network's layers as arrays of numbers: which pixels a channel answers to ({@link thaw.resnet.visualize.Projection}),
 * which regions speak for a class ({@link thaw.resnet.visualize.GradCam}, {@link thaw.resnet.visualize.Occlusion}), and how much of the
 * image a layer sees ({@link thaw.resnet.ReceptiveField}).
 */
@NullMarked
package thaw.resnet.visualize;

import org.jspecify.annotations.NullMarked;
