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
 * @param start whether starting is timed, too
 */
record Plan(@Nullable SyntheticModel model, List<Workload> workloads, boolean start) {

  private static final int PROMPT = 512;
  private static final int ANSWER = 64;
  private static final int DEEP = 8192;
  private static final Workload READ = Workload.read(PROMPT);
  private static final Workload ONE = Workload.generate(ANSWER, 1);
  private static final List<Workload> SINGLE = List.of(READ, ONE);
  private static final List<Workload> ALL =
      List.of(READ, ONE, Workload.generate(ANSWER, 4), Workload.generate(ANSWER, 16));
  private static final List<Mix> MIXES = List.of(Mix.Q4_0, Mix.Q4_K_M, Mix.Q8_0, Mix.F16);

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
   * @param full everything, or what fits into 40 minutes: then only Q4_0 and MXFP4 files are tried
   *     with several sequences, two kinds of large files are left out, and generating is timed at
   *     depth but not reading
   */
  static List<Plan> all(boolean full) {
    List<Plan> plans = new ArrayList<>();
    plans.add(new Plan(null, ALL, false));
    for (String shape : List.of("mixtral-mini", "qwen3moe-mini", "olmoe-7b")) {
      for (Mix mix : MIXES) {
        if (full || !isLarge(shape, mix)) {
          plans.add(plan(shape, mix, full));
        }
      }
    }
    plans.add(plan("gptoss-mini", Mix.MXFP4, full));
    for (Shape shape : Shape.ALL) {
      if (shape.name().startsWith("scale-")) {
        plans.add(new Plan(new SyntheticModel(shape, Mix.Q4_0), List.of(ONE), false));
      }
    }
    return plans;
  }

  private static boolean isLarge(String shape, Mix mix) {
    return (shape.equals("olmoe-7b") && (mix == Mix.Q8_0 || mix == Mix.F16))
        || (shape.equals("qwen3moe-mini") && mix == Mix.F16);
  }

  private static Plan plan(String shape, Mix mix, boolean full) {
    boolean first = mix == Mix.Q4_0 || mix == Mix.MXFP4;
    List<Workload> workloads = new ArrayList<>(full || first ? ALL : SINGLE);
    boolean olmoe = shape.equals("olmoe-7b");
    if (mix == Mix.Q4_0 && !olmoe) {
      workloads.add(ONE.at(DEEP));
      if (full) {
        workloads.add(READ.at(DEEP));
      }
    }
    return new Plan(new SyntheticModel(Shape.of(shape), mix), workloads, olmoe && first);
  }
}
