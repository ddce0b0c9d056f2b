// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.moe4j.CacheType;
import org.moe4j.SoftmaxTopK;
import org.moe4j.device.Batch;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.device.RoutePlan;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;
import org.moe4j.model.Attention;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.LayerState;
import org.moe4j.model.Linear;
import org.moe4j.model.Mixture;
import org.moe4j.model.Norm;
import org.moe4j.model.Reach;
import org.moe4j.model.Rotary;

/** A layer of attention and a mixture with random weights: what every device must compute alike. */
record ExampleLayer(Attention attention, Norm norm, Linear router, List<GatedFeedForward> experts) {

  /**
   * Lengths of its matrices.
   *
   * @param hidden length of a row
   * @param heads heads that ask
   * @param kvHeads heads that are kept
   * @param headSize length of a head
   * @param inner length inside of an expert
   * @param experts their number
   */
  record Shape(int hidden, int heads, int kvHeads, int headSize, int inner, int experts) {}

  static ExampleLayer of(
      TensorType type, Random random, Shape shape, Reach reach, boolean interleaved) {
    int hidden = shape.hidden();
    int size = shape.headSize();
    int queries = shape.heads() * size;
    int keys = shape.kvHeads() * size;
    float[] frequencies = new float[size / 2 - 3];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(100, -i / (double) frequencies.length);
    }
    Attention attention =
        new Attention(
            shape.heads(),
            shape.kvHeads(),
            size,
            new Attention.Maps(
                linear(type, random, queries, hidden),
                linear(type, random, keys, hidden),
                new Linear(
                    Tensors.random(type, random, keys, hidden),
                    Tensors.random(TensorType.F32, random, keys)),
                linear(type, random, hidden, queries)),
            3.5f,
            new Attention.Norms(
                Norm.rootMeanSquare(Tensors.random(TensorType.F32, random, size), 1e-6f),
                Norm.rootMeanSquare(Tensors.random(TensorType.F32, random, keys), 1e-6f),
                null,
                false),
            new Rotary(frequencies, interleaved, 1),
            null,
            0.2f,
            reach,
            null);
    List<GatedFeedForward> experts =
        IntStream.range(0, shape.experts())
            .mapToObj(e ->
                new GatedFeedForward(
                    linear(type, random, shape.inner(), hidden),
                    linear(type, random, shape.inner(), hidden),
                    linear(type, random, hidden, shape.inner())))
            .toList();
    return new ExampleLayer(
        attention,
        Norm.rootMeanSquare(Tensors.random(TensorType.F32, random, hidden), 1e-5f),
        linear(TensorType.F32, random, shape.experts(), hidden),
        experts);
  }

  private static Linear linear(TensorType type, Random random, long outputs, long inputs) {
    return Linear.of(Tensors.random(type, random, outputs, inputs));
  }

  ExampleLayer withSinks(TensorData sinks) {
    Attention a = attention;
    return new ExampleLayer(
        new Attention(
            a.heads(),
            a.kvHeads(),
            a.headSize(),
            a.maps(),
            a.clip(),
            a.norms(),
            a.rotary(),
            a.temperature(),
            a.scale(),
            a.reach(),
            sinks),
        norm,
        router,
        experts);
  }

  /** The layer on a device, with one sequence and all that a step writes to. */
  static final class Loaded {

    /** Not the first, so that another's state lies before its own. */
    private static final int LAYER = 1;

    private static final SoftmaxTopK RULE = new SoftmaxTopK(2, true);

    private final Device device;
    private final Device.MixerWeights mixer;
    private final Device.NormWeights norm;
    private final Device.LinearWeights router;
    private final Device.ExpertSet mixture;
    private final Batch.Pages pages;
    private final Device.Rows normed;
    private final Device.Rows out;
    private final Device.RoutingRows routing;

    /** The rows that a step reads, and its results. */
    final Device.Rows rows;

    /**
     * Loads a layer.
     *
     * @param positions that its sequence will have at most, which a step may all have at once
     */
    Loaded(Device device, ExampleLayer layer, CacheType cache, int positions) {
      this.device = device;
      Attention attention = layer.attention;
      int size = attention.headSize();
      mixer = device.load(attention);
      norm = device.load(layer.norm);
      router = device.load(layer.router);
      mixture =
          device.experts(
              layer.experts.stream().map(device::load).toList(), Mixture.Weighting.OUTPUT);
      pages =
          Pieces.pages(
              device,
              new CacheLayout(
                  CacheLayout.PAGE_POSITIONS,
                  cache,
                  List.of(
                      new LayerState(1, 5, 7), new LayerState(attention.kvHeads(), size, size))),
              positions);
      int width = layer.norm.width();
      rows = device.allocate(positions, width);
      normed = device.allocate(positions, width);
      out = device.allocate(positions, width);
      routing = device.allocateRouting(positions, layer.experts.size());
    }

    /**
     * Takes the next rows through the layer.
     *
     * @param start position of the first
     * @param count how many
     * @param values what they are
     */
    void step(int start, int count, float[] values) {
      Batch batch = new Batch(List.of(Pieces.segment(pages, start, count)));
      device.write(values, count, rows);
      device.norm(norm, count, rows, normed);
      device.mixSequence(mixer, LAYER, batch, normed, out);
      device.add(count, out, rows);
      device.norm(norm, count, rows, normed);
      RoutePlan plan =
          new RoutePlan(
              LAYER, RULE, List.of(new RoutePlan.Range(0, 0, count, RULE)), (segment, e) -> {});
      device.route(router, plan, batch, normed, routing);
      device.experts(mixture, batch, normed, routing, out);
      device.add(count, out, rows);
    }
  }
}
