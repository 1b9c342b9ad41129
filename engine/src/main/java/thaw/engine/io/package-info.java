/**
 * Weight files: safetensors, read and written, and PyTorch checkpoints of all three formats, read.
 *
 * <p>{@link thaw.engine.io.Weights} is the door: it tells the format by a file's first bytes, finds the state dict and
 * hands it out as {@link thaw.engine.io.StoredTensor}s. Beneath it stand {@link thaw.engine.io.Safetensors} and
 * {@link thaw.engine.io.PyTorchFile}. A checkpoint is a pickle, which can name any code of Python's to be run; here none
 * ever is: a few functions that make tensors and plain containers are known, and all else stays inert.
 *
 * <h2>Memory, and when a file is let go</h2>
 * A file is mapped, not read: a tensor that lies contiguous in it is a window on the file's pages, and the first copy is
 * made when somebody asks for its numbers. All mapping is done while the file is opened, and the file's handle is closed
 * before {@code read} returns; so there is nothing to close, and {@code net.loadStateDict(Weights.read(path))} leaks no
 * handle. The mapping itself goes when the last tensor of the file is garbage-collected: Java 17 has no supported way to
 * end it sooner that is safe for those who still hold a view. Two things follow. On Windows a mapped file can't be
 * deleted or replaced until then. And a file that another program shortens in place meanwhile makes reads of the missing
 * pages fail with an {@link java.lang.InternalError}; writers that replace files by renaming, as this package's does,
 * don't have that effect: those who hold the old file keep seeing it whole.
 *
 * <p>A tensor whose numbers are asked for may take up to 1 GiB; a file may be of any length.
 */
package thaw.engine.io;
