// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
 * Every operation as plain loops on the calling thread: single-precision activations, sums in
 * double precision, each operation done when its call returns. The oracle that every other device
 * is compared with.
 */
public final class ScalarDevice implements Device {

  private final Set<PageMemory> pages = ConcurrentHashMap.newKeySet();

  /** Opens a device; nothing is allocated yet. */
  public ScalarDevice() {}

  @Override
  public String description() {
    return "scalar (plain loops, 1 thread)";
  }

  @Override
  public LinearWeights load(Linear linear) {
    return new Matrix(linear);
  }

  @Override
  public NormWeights load(Norm norm) {
    return new RowNorm(norm);
  }

  @Override
  public MixerWeights load(SequenceMixer mixer) {
    return switch (mixer) {
      case Attention attention -> new ScalarAttention(attention);
      case GatedDeltaNet net -> new ScalarGatedDeltaNet(net);
      case Mamba2 mamba -> new ScalarMamba2(mamba);
      case ShortConvolution convolution -> new ScalarShortConvolution(convolution);
      case LatentAttention attention -> new ScalarLatentAttention(attention);
    };
  }

  @Override
  public FeedForwardWeights load(GatedFeedForward feedForward) {
    return new FeedForwards.Gated(feedForward);
  }

  @Override
  public FeedForwardWeights load(Expert expert, String where) {
    return new FeedForwards.Custom(expert, where);
  }

  @Override
  public ExpertSet experts(List<FeedForwardWeights> experts, Mixture.Weighting weighting) {
    List<FeedForwards.Body> bodies = new ArrayList<>();
    experts.forEach(each -> bodies.add((FeedForwards.Body) each));
    return new FeedForwards.Experts(List.copyOf(bodies), weighting);
  }

  /** Rows on the Java heap. */
  @SuppressWarnings("ArrayRecordComponent") // A handle: it is neither compared nor printed.
  private record HeapRows(int width, float[][] values) implements Rows {
    @Override
    public int capacity() {
      return values.length;
    }

    /** The garbage collector frees them. */
    @Override
    public void close() {}
  }

  private static float[][] values(Rows rows) {
    return ((HeapRows) rows).values;
  }

  @Override
  public Rows allocate(int capacity, int width) {
    return new HeapRows(width, new float[capacity][width]);
  }

  @Override
  public void write(float[] values, int rows, Rows into) {
    for (int row = 0; row < rows; row++) {
      System.arraycopy(values, row * into.width(), values(into)[row], 0, into.width());
    }
  }

  @Override
  public void read(Rows from, int row, float[] into) {
    System.arraycopy(values(from)[row], 0, into, 0, from.width());
  }

  @Override
  public Page allocatePage(CacheLayout layout) {
    PageMemory page = new PageMemory(layout, pages::remove);
    pages.add(page);
    return page;
  }

  @Override
  public void copyPage(Page from, Page to) {
    ((PageMemory) to).copyFrom((PageMemory) from);
  }

  @Override
  public Recurrent allocateRecurrent(CacheLayout layout) {
    return HeapRecurrent.allocate(layout);
  }

  @Override
  public void copyRecurrent(Recurrent from, Recurrent to) {
    HeapRecurrent.copy(from, to);
  }

  @Override
  public void embed(LinearWeights table, Batch batch, Rows out) {
    for (int row = 0; row < batch.rows(); row++) {
      ((Matrix) table).row(batch.token(row), values(out)[row]);
    }
  }

  @Override
  public void norm(NormWeights norm, int rows, Rows in, Rows out) {
    for (int row = 0; row < rows; row++) {
      ((RowNorm) norm).apply(values(in)[row], 0, values(out)[row], 0);
    }
  }

  @Override
  public void linear(LinearWeights linear, int rows, Rows in, Rows out) {
    ((Matrix) linear).apply(rows, values(in), values(out));
  }

  @Override
  public void mixSequence(MixerWeights mixer, int layer, Batch batch, Rows in, Rows out) {
    ((ScalarMixer) mixer).apply(layer, batch, values(in), values(out));
  }

  @Override
  public void feedForward(FeedForwardWeights feedForward, int rows, Rows in, Rows out) {
    ((FeedForwards.Body) feedForward).apply(rows, values(in), values(out));
  }

  private static final class HeapRouting implements RoutingRows {
    @Nullable Routing last;

    Routing last() {
      if (last == null) {
        throw new IllegalStateException("nothing has been routed yet");
      }
      return last;
    }
  }

  @Override
  public RoutingRows allocateRouting(int capacity, int experts) {
    return new HeapRouting();
  }

  @Override
  public void route(LinearWeights router, RoutePlan plan, Batch batch, Rows in, RoutingRows out) {
    int rows = batch.rows();
    int experts = ((Matrix) router).outputs();
    float[][] scores = new float[rows][experts];
    ((Matrix) router).apply(rows, values(in), scores);
    float[] logits = new float[Math.multiplyExact(rows, experts)];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(scores[row], 0, logits, row * experts, experts);
    }
    Routing routing = Routing.allocate(rows, plan.mostExperts(), experts);
    plan.apply(logits, experts, batch, routing);
    ((HeapRouting) out).last = routing;
  }

  @Override
  public Routing routing(RoutingRows rows) {
    return ((HeapRouting) rows).last();
  }

  @Override
  public void experts(ExpertSet experts, Batch batch, Rows in, RoutingRows routing, Rows out) {
    ((FeedForwards.Experts) experts).apply(routing(routing), batch.rows(), values(in), values(out));
  }

  @Override
  public void scaleBySigmoid(LinearWeights gate, int rows, Rows in, Rows inOut) {
    float[][] logits = new float[rows][1];
    ((Matrix) gate).apply(rows, values(in), logits);
    for (int row = 0; row < rows; row++) {
      float factor = Scalars.sigmoid(logits[row][0]);
      float[] scaled = values(inOut)[row];
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] *= factor;
      }
    }
  }

  @Override
  public void add(int rows, Rows in, Rows inOut) {
    for (int row = 0; row < rows; row++) {
      float[] from = values(in)[row];
      float[] to = values(inOut)[row];
      for (int i = 0; i < to.length; i++) {
        to[i] += from[i];
      }
    }
  }

  @Override
  public void scale(float factor, int rows, Rows inOut) {
    for (int row = 0; row < rows; row++) {
      float[] scaled = values(inOut)[row];
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] *= factor;
      }
    }
  }

  @Override
  public void cap(float cap, int rows, Rows inOut) {
    for (int row = 0; row < rows; row++) {
      float[] capped = values(inOut)[row];
      for (int i = 0; i < capped.length; i++) {
        capped[i] = (float) (StrictMath.tanh(capped[i] / cap) * cap);
      }
    }
  }

  @Override
  public void gather(Batch batch, Rows in, Rows out) {
    for (int i = 0; i < batch.logits(); i++) {
      System.arraycopy(values(in)[batch.logitRow(i)], 0, values(out)[i], 0, out.width());
    }
  }

  /** Frees the pages that are still allocated. */
  @Override
  public void close() {
    pages.forEach(PageMemory::close);
  }
}
