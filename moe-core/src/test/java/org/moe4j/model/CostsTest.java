// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.moe4j.SoftmaxTopK;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;

/** Hidden size 2, one head of 2 with a bias of 2 on its queries, 10 token ids. */
class CostsTest {

  private static final Linear EMBEDDING = linear(10, 2);

  /** Four maps of 4 weights, a bias of 2. */
  private static final int ATTENTION = 4 * 4 + 2;

  private static final int NORMS = 2 * 2;

  private static TensorData tensor(long... shape) {
    int elements = 1;
    for (long size : shape) {
      elements *= (int) size;
    }
    return TensorData.of(
        "test", "tensor", TensorType.F32, MemorySegment.ofArray(new float[elements]), shape);
  }

  private static Linear linear(int outputs, int inputs) {
    return Linear.of(tensor(outputs, inputs));
  }

  /** 6 x width weights. */
  private static GatedFeedForward gated(int width) {
    return new GatedFeedForward(linear(width, 2), linear(width, 2), linear(2, width));
  }

  private static ModelSpec model(FeedForward feedForward, Linear output) {
    Attention attention =
        new Attention(
            1,
            1,
            2,
            new Attention.Maps(
                new Linear(tensor(2, 2), tensor(2)), linear(2, 2), linear(2, 2), linear(2, 2)),
            0,
            Attention.Norms.NONE,
            new Rotary(new float[] {1}, false, 1),
            null,
            1,
            Reach.ALL,
            null);
    Norm norm = Norm.rootMeanSquare(tensor(2), 0);
    Layer layer = new Layer(norm, attention, norm, feedForward);
    return new ModelSpec("test", 2, 10, 64, EMBEDDING, List.of(layer, layer), norm, output);
  }

  private static ModelSpec routed(int experts, int used, Mixture.@Nullable SharedExpert shared) {
    return model(
        new Mixture(
            linear(experts, 2),
            new SoftmaxTopK(used, true),
            Collections.nCopies(experts, gated(3)),
            shared),
        EMBEDDING);
  }

  @Test
  void aDenseModelUsesAllButTheEmbeddingOfOtherTokens() {
    Costs costs = Costs.of(model(gated(3), linear(10, 2)));
    int layers = 2 * (NORMS + ATTENTION + 18);
    assertEquals(20 + 20 + 2 + layers, costs.parameters());
    assertEquals(2 + 20 + 2 + layers, costs.activeParameters());
    assertEquals(4L * (2 + 20 + 2 + layers), costs.activeBytesPerToken());
    assertEquals(2 * 2 * 2, costs.cacheValuesPerToken());
  }

  @Test
  void aTiedMatrixCountsOnce() {
    Costs costs = Costs.of(model(gated(3), EMBEDDING));
    int layers = 2 * (NORMS + ATTENTION + 18);
    assertEquals(20 + 2 + layers, costs.parameters());
    assertEquals(20 + 2 + layers, costs.activeParameters());
  }

  @Test
  void aTokenUsesTheChosenExpertsAndTheSharedOne() {
    Costs plain = Costs.of(routed(5, 2, null));
    assertEquals(22 + 2 * (NORMS + ATTENTION + 10 + 5 * 18), plain.parameters());
    assertEquals(22 + 2 * (NORMS + ATTENTION + 10 + 2 * 18), plain.activeParameters());
    Costs shared = Costs.of(routed(5, 2, new Mixture.SharedExpert(gated(1), linear(1, 2))));
    assertEquals(plain.activeParameters() + 2 * (6 + 2), shared.activeParameters());
    assertEquals(4 * shared.activeParameters(), shared.activeBytesPerToken());
  }

  @Test
  void aRouterThatAsksForMoreGetsAllExperts() {
    Costs costs = Costs.of(routed(3, 8, null));
    assertEquals(costs.parameters(), costs.activeParameters());
  }
}
