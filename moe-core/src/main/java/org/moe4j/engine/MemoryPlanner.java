// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.MemoryPlan;
import org.moe4j.MixtureException;
import org.moe4j.decode.Decoder;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.DeviceProvider;
import org.moe4j.format.ModelFile;
import org.moe4j.format.TensorData;
import org.moe4j.model.FeedForward;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Layer;
import org.moe4j.model.Linear;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Norm;
import org.moe4j.spi.ModelOptions;

/** Adds up the memory that a model will take on a device, from its description alone. */
final class MemoryPlanner {

  private final DeviceProvider device;
  private final ModelSpec spec;
  private final CacheLayout layout;
  private final ModelOptions options;
  private final long mapped;

  /**
   * Creates a planner.
   *
   * @param device where the model will run
   * @param file its files, open
   * @param spec its description
   * @param options what the caller asked for
   */
  MemoryPlanner(DeviceProvider device, ModelFile file, ModelSpec spec, ModelOptions options) {
    this.device = device;
    this.spec = spec;
    this.options = options;
    mapped = file.bytes();
    layout = CacheLayout.of(spec, options.cacheType());
  }

  /** The plan for the context that was asked for, or else the model's own. */
  MemoryPlan plan() {
    return plan(options.contextLength().orElse(spec.contextLength()));
  }

  /**
   * Refuses a model that does not fit. A context that somebody asked for must fit; the model's own
   * may be larger than anybody needs.
   *
   * @return bytes that remain for sequence state, in the terms of {@link CacheLayout#pageBytes()}
   */
  long stateBytes() {
    MemoryPlan plan = plan(options.contextLength().orElse(1));
    Path path = options.path();
    if (plan.required() > plan.available()) {
      throw new MixtureException.Rejected(
          "%s needs %,d bytes on the device %s, %,d for weights and %,d for %,d tokens of context; %,d are available"
              .formatted(
                  path,
                  plan.required(),
                  plan.device(),
                  plan.weights(),
                  plan.cache(),
                  plan.contextLength(),
                  plan.available()),
          null);
    }
    if (plan.heap() > plan.availableHeap()) {
      throw new MixtureException.Rejected(
          "%s needs %,d bytes of Java heap for steps of %,d rows; %,d are available, -Xmx gives it more"
              .formatted(path, plan.heap(), options.batchRows(), plan.availableHeap()),
          null);
    }
    long left = plan.available() - plan.weights();
    return left / Math.max(1, device.pageBytes(layout)) * layout.pageBytes();
  }

  private MemoryPlan plan(int positions) {
    long pages = Math.ceilDiv(positions, layout.positions());
    long cache =
        Math.addExact(Math.multiplyExact(pages, device.pageBytes(layout)), layout.recurrentBytes());
    return new MemoryPlan(
        device.name(),
        positions,
        options.cacheType(),
        mapped,
        weights(),
        cache,
        options.memoryLimit().orElseGet(() -> device.memory().orElseGet(MemoryPlanner::machine)),
        heap(),
        Runtime.getRuntime().maxMemory());
  }

  /** The memory of the machine, or of the container the process runs in. */
  private static long machine() {
    return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
        .getTotalMemorySize();
  }

  // ------------------------------------------------------------------- weights

  private long weights() {
    long sum = device.tableBytes(spec.embedding().weight());
    sum += tensors(spec.output().tensors());
    sum += norm(spec.outputNorm());
    for (Layer layer : spec.layers()) {
      sum += norm(layer.mixerNorm()) + norm(layer.mixerOutputNorm());
      sum += norm(layer.feedForwardNorm()) + norm(layer.feedForwardOutputNorm());
      sum += tensors(layer.mixer().tensors());
      sum +=
          switch (layer.feedForward()) {
            case GatedFeedForward dense -> body(dense);
            case Mixture mixture -> mixture(mixture);
          };
    }
    return sum;
  }

  private long mixture(Mixture mixture) {
    long sum = tensors(mixture.router().tensors());
    for (GatedFeedForward expert : mixture.experts()) {
      sum += body(expert);
    }
    Mixture.SharedExpert shared = mixture.shared();
    if (shared != null) {
      sum += body(shared.body());
      Linear gate = shared.gate();
      sum += gate == null ? 0 : tensors(gate.tensors());
    }
    return sum;
  }

  private long body(GatedFeedForward body) {
    return tensors(body.gate().tensors())
        + tensors(body.up().tensors())
        + tensors(body.down().tensors());
  }

  private long norm(@Nullable Norm norm) {
    return norm == null ? 0 : tensors(norm.tensors());
  }

  /** Vectors become floats, whatever the device does with matrices. */
  private long tensors(List<TensorData> tensors) {
    long sum = 0;
    for (TensorData tensor : tensors) {
      sum += tensor.rank() < 2 ? Float.BYTES * tensor.elements() : device.bytes(tensor);
    }
    return sum;
  }

  // ---------------------------------------------------------------------- heap

  /**
   * The decoder's rows, and what a device keeps for the widest layer: rows of the mixer's outputs,
   * and of what is between and after the experts, once as floats and once as what is multiplied.
   */
  private long heap() {
    long rows = options.batchRows();
    long width = 0;
    for (Layer layer : spec.layers()) {
      width = Math.max(width, mixerWidth(layer) + feedForwardWidth(layer.feedForward()));
    }
    return Math.addExact(
        Decoder.bytes(spec, options.batchRows()),
        Math.multiplyExact(rows, 8 * width + 4L * spec.hiddenSize()));
  }

  private static long mixerWidth(Layer layer) {
    return layer.mixer().tensors().stream()
        .filter(tensor -> tensor.rank() == 2)
        .mapToLong(tensor -> tensor.size(0))
        .sum();
  }

  private long feedForwardWidth(FeedForward feedForward) {
    return switch (feedForward) {
      case GatedFeedForward dense -> 2L * dense.gate().outputs();
      case Mixture mixture -> {
        GatedFeedForward expert = mixture.experts().getFirst();
        yield mixture.rule().mostExperts() * (2L * expert.gate().outputs() + spec.hiddenSize());
      }
    };
  }
}
