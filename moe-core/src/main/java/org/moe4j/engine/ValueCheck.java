// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.DoubleConsumer;
import org.moe4j.BadValue;
import org.moe4j.MixtureException;
import org.moe4j.format.Dequantizer;
import org.moe4j.format.ModelFile;
import org.moe4j.format.TensorData;

/**
 * Reads every weight of a model and finds those that are NaN or infinite, scales of blocks
 * included. Several tensors at a time, each by rows and pieces of a fixed size, so that the memory
 * does not depend on the model.
 */
final class ValueCheck {

  /** Elements dequantised at once: a whole number of blocks of every type. */
  private static final int PIECE = 1 << 14;

  private ValueCheck() {}

  /**
   * The first bad value of each tensor that has one, in the order of the file. Tensors of types
   * that cannot be dequantised here are left out.
   *
   * @param file the model, open
   * @param threads how many tensors to read at a time
   * @param progress told the share of the bytes that is done, on this thread; may throw to end it
   */
  static List<BadValue> find(ModelFile file, int threads, DoubleConsumer progress) {
    List<TensorData> tensors =
        file.tensors().stream().filter(tensor -> tensor.type().isSupported()).toList();
    long total = Math.max(1, tensors.stream().mapToLong(TensorData::bytes).sum());
    List<BadValue> found = new ArrayList<>();
    try (ExecutorService workers =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().name("moe4j-check-", 0).daemon().factory())) {
      try {
        List<Future<Optional<BadValue>>> results = new ArrayList<>();
        for (TensorData tensor : tensors) {
          results.add(workers.submit(() -> first(tensor)));
        }
        long done = 0;
        for (int i = 0; i < results.size(); i++) {
          results.get(i).get().ifPresent(found::add);
          done += tensors.get(i).bytes();
          progress.accept((double) done / total);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new MixtureException.Closed("checking the values of " + file.path());
      } catch (ExecutionException e) {
        throw new MixtureException.Failed("checking the values of " + file.path(), e.getCause());
      } finally {
        workers.shutdownNow();
      }
    }
    return found;
  }

  private static Optional<BadValue> first(TensorData tensor) throws InterruptedException {
    if (tensor.rank() < 2 || tensor.elements() == 0) {
      return first(tensor.name(), 0, tensor);
    }
    // By whole rows, or whole matrices of stacked ones: a derived tensor makes only what is asked
    // for.
    long each = tensor.elements() / tensor.size(0);
    long most = Math.max(1, PIECE / each);
    for (long from = 0; from < tensor.size(0); from += most) {
      TensorData part = tensor.rows(from, Math.min(tensor.size(0), from + most));
      Optional<BadValue> found = first(tensor.name(), from * each, part);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static Optional<BadValue> first(String name, long start, TensorData part)
      throws InterruptedException {
    MemorySegment data = part.data();
    float[] values = new float[(int) Math.min(PIECE, part.elements())];
    for (long from = 0; from < part.elements(); from += values.length) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      int count = (int) Math.min(values.length, part.elements() - from);
      Dequantizer.row(part.type(), data, part.type().bytes(from), values, 0, count);
      for (int i = 0; i < count; i++) {
        if (!Float.isFinite(values[i])) {
          return Optional.of(new BadValue(name, start + from + i, values[i]));
        }
      }
    }
    return Optional.empty();
  }
}
