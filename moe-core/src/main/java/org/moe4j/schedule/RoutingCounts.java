// SPDX-License-Identifier: Apache-2.0
package org.moe4j.schedule;

import java.util.ArrayList;
import java.util.List;
import org.moe4j.ExpertUsage;
import org.moe4j.Routing;
import org.moe4j.decode.Decoder;
import org.moe4j.schedule.Task.StepResult;

/** Counts how often each expert ran for one request. */
final class RoutingCounts {

  private final int[] layers;
  private final long[][] counts;

  RoutingCounts(Decoder decoder) {
    layers = decoder.expertLayers();
    counts = new long[layers.length][];
    for (int i = 0; i < layers.length; i++) {
      counts[i] = new long[decoder.experts(layers[i])];
    }
  }

  void add(StepResult step) {
    for (int i = 0; i < layers.length; i++) {
      Routing routing = step.decoder().routing(layers[i]);
      for (int row = step.firstRow(); row < step.firstRow() + step.rows(); row++) {
        for (int slot = 0; slot < routing.count(row); slot++) {
          counts[i][routing.expert(row, slot)]++;
        }
      }
    }
  }

  ExpertUsage usage() {
    List<ExpertUsage.Layer> usage = new ArrayList<>();
    for (int i = 0; i < layers.length; i++) {
      List<Long> layer = new ArrayList<>();
      for (long count : counts[i]) {
        layer.add(count);
      }
      usage.add(new ExpertUsage.Layer(layers[i], layer));
    }
    return new ExpertUsage(usage);
  }
}
