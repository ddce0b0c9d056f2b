// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.bench.peers.SyntheticModel.Mix;

/**
 * What is compared on one file.
 *
 * @param model the file; null for the demo model
 * @param workloads what is timed on it
 */
record Plan(@Nullable SyntheticModel model, List<Workload> workloads) {

  private static final int PROMPT = 512;
  private static final int ANSWER = 64;
  private static final int DEEP = 8192;
  private static final List<Workload> ALL =
      List.of(
          Workload.read(PROMPT),
          Workload.generate(ANSWER, 1),
          Workload.generate(ANSWER, 4),
          Workload.generate(ANSWER, 16));
  private static final List<Workload> DECODE = List.of(Workload.generate(ANSWER, 1));

  /** Copies the list. */
  Plan {
    workloads = List.copyOf(workloads);
  }

  /** Name in tables. */
  String name() {
    return model == null ? "demo Q8_0" : model.shape().name() + " " + model.mix();
  }

  /**
   * The comparisons of a run.
   *
   * @param full all files, or those that fit into 40 minutes
   */
  static List<Plan> all(boolean full) {
    List<Plan> plans = new ArrayList<>();
    plans.add(new Plan(null, ALL));
    for (Mix mix : List.of(Mix.Q4_0, Mix.Q4_K_M, Mix.Q8_0, Mix.F16)) {
      plans.add(plan("mixtral-mini", mix, mix == Mix.Q4_0));
    }
    plans.add(plan("qwen3moe-mini", Mix.Q4_0, full));
    plans.add(plan("gptoss-mini", Mix.MXFP4, false));
    if (full) {
      for (Mix mix : List.of(Mix.Q4_K_M, Mix.Q8_0, Mix.F16)) {
        plans.add(plan("qwen3moe-mini", mix, false));
      }
      for (Mix mix : List.of(Mix.Q4_0, Mix.Q4_K_M, Mix.Q8_0)) {
        plans.add(plan("olmoe-7b", mix, false));
      }
    }
    for (Shape shape : Shape.ALL) {
      if (shape.name().startsWith("scale-")) {
        plans.add(new Plan(new SyntheticModel(shape, Mix.Q4_0), DECODE));
      }
    }
    return plans;
  }

  private static Plan plan(String shape, Mix mix, boolean deep) {
    List<Workload> workloads = new ArrayList<>(ALL);
    if (deep) {
      workloads.add(Workload.read(PROMPT).at(DEEP));
      workloads.add(Workload.generate(ANSWER, 1).at(DEEP));
    }
    return new Plan(new SyntheticModel(Shape.of(shape), mix), workloads);
  }
}
