// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.moe4j.Expert;
import org.moe4j.Routing;
import org.moe4j.device.Batch;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.device.HeapRecurrent;
import org.moe4j.device.RoutePlan;
import org.moe4j.model.Attention;
import org.moe4j.model.GatedDeltaNet;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.LatentAttention;
import org.moe4j.model.Linear;
import org.moe4j.model.Mamba2;
import org.moe4j.model.Mixture;
import org.moe4j.model.Norm;
import org.moe4j.model.SequenceMixer;
import org.moe4j.model.ShortConvolution;

/**
 * The CPU device: float weights with float activations, quantised weights with 8-bit activations,
 * spread over a worker pool. Each operation is done when its call returns. Weights are copied when
 * they are loaded; embedding tables are not.
 *
 * <p>No result depends on the number of threads, on the vector width, on how warm the code is or on
 * the other rows of a batch: each output is a sum in the order of its inputs, or of its blocks of
 * inputs, whoever computes it.
 */
final class CpuDevice implements Device {

  private final String description;
  private final NativeMemory memory = new NativeMemory();
  private final PageMemory pageMemory = new PageMemory();
  private final Set<CpuPage> pages = ConcurrentHashMap.newKeySet();
  private final Workers workers;
  private final GroupedExperts experts;
  private final MixerMemory mixers = new MixerMemory();

  /** Loading reads, closing writes: nothing is repacked into memory that is being freed. */
  private final ReadWriteLock loading = new ReentrantReadWriteLock();

  private boolean closed;

  /**
   * Starts the threads.
   *
   * @param kernels what to compute with
   * @param description name and abilities in words
   * @param threads threads of an operation, the calling one included
   */
  CpuDevice(Kernels kernels, String description, int threads) {
    this.description = description;
    workers = new Workers(kernels, new WorkerPool("moe4j-cpu", threads));
    experts = new GroupedExperts(workers);
  }

  @Override
  public String description() {
    return description;
  }

  // ------------------------------------------------------------------ weights

  /** Bytes of the weights that were loaded. */
  long weightBytes() {
    return memory.allocated();
  }

  private <T> T loading(Supplier<T> load) {
    loading.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the device is closed");
      }
      return load.get();
    } finally {
      loading.readLock().unlock();
    }
  }

  /** Loads share the work out when no operation is running, which may come at the same time. */
  private void loops(long count, long each, WorkerPool.Task body) {
    synchronized (workers) {
      workers.run(count, each, body);
    }
  }

  @Override
  public LinearWeights load(Linear linear) {
    return loading(() -> CpuLinear.load(linear, memory, this::loops));
  }

  @Override
  public LinearWeights loadTable(Linear table) {
    return CpuTable.of(table.weight());
  }

  @Override
  public NormWeights load(Norm norm) {
    return CpuNorm.load(norm);
  }

  @Override
  public MixerWeights load(SequenceMixer mixer) {
    return switch (mixer) {
      case Attention spec -> loading(() -> new CpuAttention(spec, memory, this::loops));
      case GatedDeltaNet spec -> loading(() -> new CpuGatedDeltaNet(spec, memory, this::loops));
      case Mamba2 spec -> loading(() -> new CpuMamba2(spec, memory, this::loops));
      case ShortConvolution spec ->
          loading(() -> new CpuShortConvolution(spec, memory, this::loops));
      case LatentAttention spec -> loading(() -> new CpuLatentAttention(spec, memory, this::loops));
    };
  }

  @Override
  public FeedForwardWeights load(GatedFeedForward feedForward) {
    return loading(() -> CpuFeedForward.Gated.load(feedForward, memory, this::loops));
  }

  @Override
  public FeedForwardWeights load(Expert expert, String where) {
    return new CpuFeedForward.Custom(expert, where);
  }

  private record Experts(List<CpuFeedForward> bodies, Mixture.Weighting weighting)
      implements ExpertSet {}

  @Override
  public ExpertSet experts(List<FeedForwardWeights> all, Mixture.Weighting weighting) {
    List<CpuFeedForward> bodies = new ArrayList<>();
    CpuFeedForward.@Nullable Gated shape = null;
    for (FeedForwardWeights each : all) {
      bodies.add((CpuFeedForward) each);
      if (each instanceof CpuFeedForward.Gated gated) {
        if (shape != null && gated.between() != shape.between()) {
          throw new IllegalArgumentException(
              "experts of one layer have intermediate sizes %d and %d"
                  .formatted(shape.between(), gated.between()));
        }
        shape = gated;
      }
    }
    return new Experts(List.copyOf(bodies), weighting);
  }

  // -------------------------------------------------------------- activations

  @Override
  public Rows allocate(int capacity, int width) {
    return new CpuRows(capacity, width);
  }

  @Override
  public void write(float[] values, int rows, Rows into) {
    System.arraycopy(values, 0, values(into), 0, Math.multiplyExact(rows, into.width()));
    ((CpuRows) into).written();
  }

  @Override
  public void read(Rows from, int row, float[] into) {
    System.arraycopy(values(from), Math.multiplyExact(row, from.width()), into, 0, from.width());
  }

  private static float[] values(Rows rows) {
    return ((CpuRows) rows).values();
  }

  // ------------------------------------------------------------ sequence state

  @Override
  public Page allocatePage(CacheLayout layout) {
    CpuPage page = new CpuPage(layout, pageMemory, pages::remove);
    pages.add(page);
    return page;
  }

  @Override
  public void copyPage(Page from, Page to) {
    ((CpuPage) to).copyFrom((CpuPage) from);
  }

  @Override
  public Recurrent allocateRecurrent(CacheLayout layout) {
    return HeapRecurrent.allocate(layout);
  }

  @Override
  public void copyRecurrent(Recurrent from, Recurrent to) {
    HeapRecurrent.copy(from, to);
  }

  // ---------------------------------------------------------------- operations

  private void operation(Runnable body) {
    synchronized (workers) {
      if (closed) {
        throw new IllegalStateException("the device is closed");
      }
      body.run();
    }
  }

  @Override
  public void embed(LinearWeights table, Batch batch, Rows out) {
    operation(() -> {
      for (int row = 0; row < batch.rows(); row++) {
        ((CpuTable) table).row(batch.token(row), values(out), row * out.width());
      }
      ((CpuRows) out).written();
    });
  }

  @Override
  public void norm(NormWeights norm, int rows, Rows in, Rows out) {
    operation(() -> {
      workers.runRows(
          rows,
          (worker, from, to) -> {
            for (int row = (int) from; row < to; row++) {
              int at = row * in.width();
              ((CpuNorm) norm)
                  .apply(
                      workers.kernels(),
                      values(in),
                      at,
                      values(out),
                      at,
                      workers.scratch(worker).lanes);
            }
          });
      ((CpuRows) out).written();
    });
  }

  @Override
  public void linear(LinearWeights linear, int rows, Rows in, Rows out) {
    operation(() -> workers.linear((CpuLinear) linear, rows, (CpuRows) in, (CpuRows) out));
  }

  @Override
  public void mixSequence(MixerWeights mixer, int layer, Batch batch, Rows in, Rows out) {
    operation(
        () -> ((CpuMixer) mixer).apply(workers, mixers, layer, batch, (CpuRows) in, (CpuRows) out));
  }

  @Override
  public void feedForward(FeedForwardWeights feedForward, int rows, Rows in, Rows out) {
    operation(() -> experts.apply((CpuFeedForward) feedForward, rows, (CpuRows) in, (CpuRows) out));
  }

  private static final class HostRouting implements RoutingRows {
    private final CpuRows logits;
    private @Nullable Routing last;

    HostRouting(int capacity, int experts) {
      logits = new CpuRows(capacity, experts);
    }

    /** Room for the next routing, the last one's where it has the right shape. */
    Routing next(int rows, int slots) {
      int experts = logits.width();
      Routing next = last;
      if (next == null || next.rows() != rows || next.slots() != Math.min(slots, experts)) {
        next = Routing.allocate(rows, slots, experts);
        last = next;
      }
      return next;
    }

    Routing last() {
      if (last == null) {
        throw new IllegalStateException("nothing has been routed yet");
      }
      return last;
    }
  }

  @Override
  public RoutingRows allocateRouting(int capacity, int count) {
    return new HostRouting(capacity, count);
  }

  @Override
  public void route(LinearWeights router, RoutePlan plan, Batch batch, Rows in, RoutingRows out) {
    operation(() -> {
      HostRouting rows = (HostRouting) out;
      int count = rows.logits.width();
      workers.linear((CpuLinear) router, batch.rows(), (CpuRows) in, rows.logits);
      plan.apply(rows.logits.values(), count, batch, rows.next(batch.rows(), plan.mostExperts()));
    });
  }

  @Override
  public Routing routing(RoutingRows rows) {
    return ((HostRouting) rows).last();
  }

  @Override
  public void experts(ExpertSet set, Batch batch, Rows in, RoutingRows routing, Rows out) {
    operation(() -> {
      Experts chosen = (Experts) set;
      experts.apply(
          chosen.bodies(),
          chosen.weighting(),
          routing(routing),
          batch.rows(),
          (CpuRows) in,
          (CpuRows) out);
    });
  }

  @Override
  public void scaleBySigmoid(LinearWeights gate, int rows, Rows in, Rows inOut) {
    operation(() -> {
      CpuRows logits = new CpuRows(rows, 1);
      workers.linear((CpuLinear) gate, rows, (CpuRows) in, logits);
      for (int row = 0; row < rows; row++) {
        float factor = 1 / (1 + Exponential.of(-logits.values()[row]));
        workers.kernels().rows().scale(factor, values(inOut), row * inOut.width(), inOut.width());
      }
      ((CpuRows) inOut).written();
    });
  }

  @Override
  public void add(int rows, Rows in, Rows inOut) {
    operation(() -> {
      int width = inOut.width();
      workers.runRows(
          rows,
          (worker, from, to) ->
              workers
                  .kernels()
                  .rows()
                  .add(
                      values(in),
                      (int) from * width,
                      values(inOut),
                      (int) from * width,
                      (int) (to - from) * width));
      ((CpuRows) inOut).written();
    });
  }

  @Override
  public void scale(float factor, int rows, Rows inOut) {
    operation(() -> {
      forRows(
          rows,
          inOut,
          (at, count) -> workers.kernels().rows().scale(factor, values(inOut), at, count));
    });
  }

  @Override
  public void cap(float cap, int rows, Rows inOut) {
    operation(() -> {
      forRows(
          rows, inOut, (at, count) -> workers.kernels().rows().cap(cap, values(inOut), at, count));
    });
  }

  /** A range of the values of some rows. */
  @FunctionalInterface
  private interface ValueRange {
    void apply(int at, int count);
  }

  private void forRows(int rows, Rows inOut, ValueRange body) {
    int width = inOut.width();
    workers.runRows(
        rows, (worker, from, to) -> body.apply((int) from * width, (int) (to - from) * width));
    ((CpuRows) inOut).written();
  }

  @Override
  public void gather(Batch batch, Rows in, Rows out) {
    operation(() -> {
      int width = out.width();
      for (int i = 0; i < batch.logits(); i++) {
        System.arraycopy(values(in), batch.logitRow(i) * width, values(out), i * width, width);
      }
      ((CpuRows) out).written();
    });
  }

  @Override
  public void close() {
    loading.writeLock().lock();
    try {
      synchronized (workers) {
        if (closed) {
          return;
        }
        closed = true;
        workers.close();
        pages.forEach(CpuPage::close);
        memory.close();
      }
    } finally {
      loading.writeLock().unlock();
    }
  }
}
