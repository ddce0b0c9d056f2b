// SPDX-License-Identifier: Apache-2.0
package org.moe4j.decode;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.Router;
import org.moe4j.Routing;
import org.moe4j.RoutingRule;
import org.moe4j.decode.Weights.Dense;
import org.moe4j.decode.Weights.Experts;
import org.moe4j.decode.Weights.LayerWeights;
import org.moe4j.device.Batch;
import org.moe4j.device.Device;
import org.moe4j.device.Device.NormWeights;
import org.moe4j.device.Device.RoutingRows;
import org.moe4j.device.Device.Rows;
import org.moe4j.device.RoutePlan;
import org.moe4j.model.ModelSpec;

/**
 * Runs steps: a batch of rows through all layers to logits. Written once for all families and
 * devices. Not safe for concurrent use; closing it frees its activations, not the weights or the
 * device.
 */
public final class Decoder implements AutoCloseable {

  /** The most rows of a step that can want logits. */
  public static final int MOST_LOGITS = 64;

  private final Device device;
  private final Weights weights;
  private final int mostRows;
  private final Rows hidden;
  private final Rows normed;
  private final Rows branch;
  private final Rows shared;
  private final Rows chosen;
  private final Rows logits;
  private final float[] logitRow;
  private final List<@Nullable RoutingRows> routings = new ArrayList<>();

  /**
   * Allocates the activations of a step.
   *
   * @param device where to run
   * @param weights weights on that device
   * @param mostRows most rows of a step
   */
  public Decoder(Device device, Weights weights, int mostRows) {
    this.device = device;
    this.weights = weights;
    this.mostRows = mostRows;
    int width = weights.spec().hiddenSize();
    hidden = device.allocate(mostRows, width);
    normed = device.allocate(mostRows, width);
    branch = device.allocate(mostRows, width);
    shared = device.allocate(mostRows, width);
    int most = Math.min(mostRows, MOST_LOGITS);
    chosen = device.allocate(most, width);
    logits = device.allocate(most, weights.spec().vocabularySize());
    logitRow = new float[logits.width()];
    for (LayerWeights layer : weights.layers()) {
      routings.add(
          layer.feedForward() instanceof Experts experts
              ? device.allocateRouting(mostRows, experts.experts().size())
              : null);
    }
  }

  /**
   * Bytes of the rows that a decoder allocates.
   *
   * @param spec the model
   * @param mostRows most rows of a step
   */
  public static long bytes(ModelSpec spec, int mostRows) {
    long most = Math.min(mostRows, MOST_LOGITS);
    long hidden = spec.hiddenSize();
    return Float.BYTES
        * ((4 * (long) mostRows + most) * hidden + (most + 1) * spec.vocabularySize());
  }

  /** Number of layers. */
  public int layers() {
    return weights.layers().size();
  }

  /** Number of token ids. */
  public int vocabularySize() {
    return weights.spec().vocabularySize();
  }

  /** The layers that have experts, in order; a copy. */
  public int[] expertLayers() {
    return IntStream.range(0, layers()).filter(i -> routings.get(i) != null).toArray();
  }

  /**
   * Number of experts of a layer.
   *
   * @param layer a layer with experts
   */
  public int experts(int layer) {
    if (weights.layers().get(layer).feedForward() instanceof Experts experts) {
      return experts.experts().size();
    }
    throw new IllegalArgumentException("layer " + layer + " has no experts");
  }

  /** Most rows of a step. */
  public int mostRows() {
    return mostRows;
  }

  /** Most rows of a step that can want logits. */
  public int mostLogits() {
    return chosen.capacity();
  }

  /**
   * Runs one step. The pages of the batch's sequences then hold its rows, and {@link #logits} and
   * {@link #routing} answer for it until the next step.
   *
   * @param batch at least one and at most {@link #mostRows()} rows, at most {@link #mostLogits()}
   *     of which want logits
   * @param routers the routers of the segments
   */
  public void step(Batch batch, StepRouters routers) {
    int rows = batch.rows();
    if (rows < 1 || rows > mostRows || batch.logits() > mostLogits()) {
      throw new IllegalArgumentException(
          "%d rows, %d of them with logits; at most %d and %d"
              .formatted(rows, batch.logits(), mostRows, mostLogits()));
    }
    ModelSpec spec = weights.spec();
    device.embed(weights.embedding(), batch, hidden);
    scale(spec.embeddingScale(), rows, hidden);
    for (int i = 0; i < weights.layers().size(); i++) {
      LayerWeights layer = weights.layers().get(i);
      device.norm(layer.mixerNorm(), rows, hidden, normed);
      device.mixSequence(layer.mixer(), i, batch, normed, branch);
      addBranch(layer.mixerOutputNorm(), layer.residualScale(), rows);
      device.norm(layer.feedForwardNorm(), rows, hidden, normed);
      switch (layer.feedForward()) {
        case Dense dense -> device.feedForward(dense.body(), rows, normed, branch);
        case Experts experts -> mixture(i, experts, batch, routers);
      }
      addBranch(layer.feedForwardOutputNorm(), layer.residualScale(), rows);
      scale(layer.outputScale(), rows, hidden);
    }
    if (batch.logits() > 0) {
      int wanted = batch.logits();
      device.gather(batch, hidden, chosen);
      device.norm(weights.outputNorm(), wanted, chosen, chosen);
      device.linear(weights.output(), wanted, chosen, logits);
      scale(spec.logitScale(), wanted, logits);
      if (spec.logitCap() != 0) {
        device.cap(spec.logitCap(), wanted, logits);
      }
    }
  }

  private void addBranch(@Nullable NormWeights norm, float factor, int rows) {
    if (norm != null) {
      device.norm(norm, rows, branch, branch);
    }
    scale(factor, rows, branch);
    device.add(rows, branch, hidden);
  }

  private void scale(float factor, int rows, Rows inOut) {
    if (factor != 1) {
      device.scale(factor, rows, inOut);
    }
  }

  private void mixture(int layer, Experts experts, Batch batch, StepRouters routers) {
    RoutingRows routing = routings.get(layer);
    if (routing == null) {
      throw new IllegalStateException("no routing was allocated for layer " + layer);
    }
    RoutePlan plan = plan(layer, experts, batch, routers);
    Weights.Branches branches = experts.branches();
    int rows = batch.rows();
    if (branches == null) {
      device.route(experts.router(), plan, batch, normed, routing);
      device.experts(experts.set(), batch, normed, routing, branch);
    } else {
      // The rows of the shared expert's output are free until it runs.
      device.norm(branches.router(), rows, hidden, shared);
      scale(branches.routerScale(), rows, shared);
      device.route(experts.router(), plan, batch, shared, routing);
      device.norm(branches.experts(), rows, hidden, shared);
      device.experts(experts.set(), batch, shared, routing, branch);
      device.norm(branches.expertsOutput(), rows, branch, branch);
    }
    if (experts.shared() != null) {
      device.feedForward(experts.shared(), batch.rows(), normed, shared);
      if (experts.sharedGate() != null) {
        device.scaleBySigmoid(experts.sharedGate(), batch.rows(), normed, shared);
      }
      if (branches != null) {
        device.norm(branches.sharedOutput(), rows, shared, shared);
      }
      device.add(batch.rows(), shared, branch);
    }
  }

  /**
   * Neighbouring segments with the same built-in rule become one range; a caller's own router sees
   * each alone.
   */
  private static RoutePlan plan(int layer, Experts experts, Batch batch, StepRouters routers) {
    List<RoutePlan.Range> ranges = new ArrayList<>();
    int row = 0;
    for (int segment = 0; segment < batch.segments().size(); segment++) {
      int end = row + batch.segments().get(segment).rows();
      Router router = router(segment, layer, experts, routers);
      RoutePlan.Range last = ranges.isEmpty() ? null : ranges.getLast();
      if (last != null && mergeable(router, experts) && router.equals(last.router())) {
        ranges.set(
            ranges.size() - 1, new RoutePlan.Range(last.segment(), last.from(), end, router));
      } else {
        ranges.add(new RoutePlan.Range(segment, row, end, router));
      }
      row = end;
    }
    return new RoutePlan(layer, experts.familyRule(), ranges, routers::failed);
  }

  /** A rule that cannot fail, for a failure is that of one segment. */
  private static boolean mergeable(Router router, Experts experts) {
    return router instanceof RoutingRule rule && rule.fits(experts.experts().size());
  }

  private static Router router(int segment, int layer, Experts experts, StepRouters routers) {
    try {
      return routers.router(segment, layer, experts.rule());
    } catch (RuntimeException e) {
      routers.failed(
          segment,
          new MixtureException.Failed(
              "choosing the router of layer " + layer + ": " + e.getMessage(), e));
      return experts.familyRule();
    }
  }

  /**
   * The logits of a row of the last step.
   *
   * @param index {@code 0 <= index < batch.logits()}, in the order of rows
   * @return one value a vocabulary entry, the caller's until the next call, which has the same
   *     array
   */
  public float[] logits(int index) {
    device.read(logits, index, logitRow);
    return logitRow;
  }

  /**
   * The routing of the last step, valid until the next.
   *
   * @param layer a layer with experts
   */
  public Routing routing(int layer) {
    RoutingRows routing = routings.get(layer);
    if (routing == null) {
      throw new IllegalArgumentException("layer " + layer + " has no experts");
    }
    return device.routing(routing);
  }

  @Override
  public void close() {
    hidden.close();
    normed.close();
    branch.close();
    shared.close();
    chosen.close();
    logits.close();
  }
}
