// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.moe4j.BadValue;
import org.moe4j.CacheType;
import org.moe4j.MemoryPlan;
import org.moe4j.MixtureModel;
import org.moe4j.ModelInfo;
import org.moe4j.TensorInfo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Says what a model's files hold; nothing is loaded. */
@Command(
    name = "inspect",
    description = "What a model's files hold; the family need not be supported.",
    sortOptions = false)
final class InspectCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common;

  @Option(names = "--tensors", description = "Also every tensor.")
  private boolean tensors;

  @Option(
      names = "--check-values",
      description = "Also reads every weight, and ends with status 3 if one is NaN or infinite.")
  private boolean checkValues;

  @Option(names = "--json", description = "One JSON object.")
  private boolean json;

  @Parameters(arity = "0..1", paramLabel = "PATH", description = "The same as --model PATH.")
  private @Nullable Path path;

  @Override
  public Integer call() {
    if (path != null && common.modelGiven()) {
      throw new ParameterException(spec.commandLine(), "PATH and --model are given, one is enough");
    }
    Path file = path != null ? path : common.path();
    ModelInfo info = MixtureModel.inspect(file);
    MemoryPlan plan = info.unsupported().isEmpty() ? common.plan(file) : null;
    List<BadValue> bad = checkValues ? MixtureModel.checkValues(file) : List.of();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonMapper.shared().writeValueAsString(asMap(info, plan, bad)));
    } else {
      print(info, plan, bad, out);
    }
    out.flush();
    return bad.isEmpty() ? Main.DONE : Main.REFUSED;
  }

  private Map<String, Object> asMap(ModelInfo info, @Nullable MemoryPlan plan, List<BadValue> bad) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("path", info.path());
    map.put("format", info.format());
    map.put("family", info.family());
    map.put("name", info.name());
    map.put("supported", info.unsupported().isEmpty());
    map.put("unsupported", info.unsupported());
    map.put("layers", info.layers());
    map.put("moe_layers", info.moeLayers());
    map.put("experts", info.experts());
    map.put("experts_per_token", info.expertsPerToken());
    map.put("shared_experts", info.sharedExperts());
    map.put("hidden_size", info.hiddenSize());
    map.put("vocabulary_size", info.vocabularySize());
    map.put("context_length", info.contextLength());
    map.put("parameters", info.parameters());
    map.put("active_parameters", info.activeParameters());
    map.put("bytes", info.bytes());
    map.put("active_bytes_per_token", info.activeBytesPerToken());
    map.put("cache_bytes_per_token", info.cacheBytes(1, CacheType.F16));
    if (plan != null) {
      map.put("memory", asMap(plan));
    }
    map.put("bytes_by_type", new TreeMap<>(info.bytesByType()));
    map.put("tokenizer", info.tokenizer());
    map.put("chat_template", info.chatTemplate());
    map.put("sampling", info.sampling());
    map.put("tensor_count", info.tensors().size());
    if (tensors) {
      map.put("tensors", info.tensors());
    }
    if (checkValues) {
      map.put("bad_values", bad.stream().map(InspectCommand::asMap).toList());
    }
    return map;
  }

  private static Map<String, Object> asMap(MemoryPlan plan) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("device", plan.device());
    map.put("context_length", plan.contextLength());
    map.put("cache_type", plan.cacheType().name().toLowerCase(Locale.ROOT));
    map.put("weights", plan.weights());
    map.put("cache", plan.cache());
    map.put("required", plan.required());
    map.put("available", plan.available());
    map.put("heap", plan.heap());
    map.put("available_heap", plan.availableHeap());
    map.put("fits", plan.fits());
    return map;
  }

  /** JSON has no number for NaN and infinity. */
  private static Map<String, Object> asMap(BadValue bad) {
    return Map.of(
        "tensor", bad.tensor(), "index", bad.index(), "value", String.valueOf(bad.value()));
  }

  private void print(
      ModelInfo info, @Nullable MemoryPlan plan, List<BadValue> bad, PrintWriter out) {
    line(out, "file", info.path() + " (" + info.format() + ")");
    line(out, "family", info.family() + (info.name().isEmpty() ? "" : ", \"" + info.name() + "\""));
    line(out, "runs here", info.unsupported().isEmpty() ? "yes" : "no");
    info.unsupported().forEach(reason -> line(out, "", Main.oneLine(reason)));
    line(out, "layers", layers(info));
    line(out, "experts", experts(info));
    line(out, "hidden size", number(info.hiddenSize()));
    line(out, "vocabulary", number(info.vocabularySize()));
    line(out, "context length", number(info.contextLength()));
    line(
        out,
        "parameters",
        number(info.parameters()) + ", active " + number(info.activeParameters()));
    line(
        out,
        "bytes",
        number(info.bytes()) + ", for each token " + number(info.activeBytesPerToken()));
    line(out, "cache", number(info.cacheBytes(1, CacheType.F16)) + " bytes a token at f16");
    if (plan != null) {
      memory(plan, out);
    }
    line(out, "tensors", tensorTypes(info));
    line(out, "tokenizer", info.tokenizer().isEmpty() ? "none" : info.tokenizer());
    line(
        out,
        "chat template",
        info.chatTemplate().isEmpty()
            ? "none"
            : number(info.chatTemplate().length()) + " characters");
    if (checkValues) {
      line(out, "values", bad.isEmpty() ? "all finite" : "not all finite");
      bad.forEach(value ->
          line(
              out,
              "",
              "%s: element %s is %s"
                  .formatted(value.tensor(), number(value.index()), value.value())));
    }
    if (tensors) {
      info.tensors().forEach(tensor -> out.println(describe(tensor)));
    }
  }

  private static void memory(MemoryPlan plan, PrintWriter out) {
    line(
        out,
        "memory",
        "%s on %s: weights %s, a context of %s tokens %s; %s are available"
            .formatted(
                number(plan.required()),
                plan.device(),
                number(plan.weights()),
                number(plan.contextLength()),
                number(plan.cache()),
                number(plan.available())));
    line(
        out,
        "",
        "and about %s of Java heap; %s are available"
            .formatted(number(plan.heap()), number(plan.availableHeap())));
    if (!plan.fits()) {
      line(out, "", "which does not fit");
    }
  }

  private static String layers(ModelInfo info) {
    String count = number(info.layers());
    if (info.moeLayers().isEmpty()) {
      return count;
    }
    return info.moeLayers().size() == info.layers()
        ? count + ", all with experts"
        : count + ", with experts: " + info.moeLayers();
  }

  private static String experts(ModelInfo info) {
    if (info.experts() == 0) {
      return "none";
    }
    return "%s a layer, %s used for a token%s"
        .formatted(
            number(info.experts()),
            number(info.expertsPerToken()),
            info.sharedExperts() ? ", and a shared one" : "");
  }

  private static String tensorTypes(ModelInfo info) {
    String types =
        new TreeMap<>(info.bytesByType())
            .entrySet().stream()
                .map(entry -> entry.getKey() + " " + number(entry.getValue()))
                .collect(Collectors.joining(", "));
    return info.tensors().size() + (types.isEmpty() ? "" : "; bytes by type: " + types);
  }

  private static String describe(TensorInfo tensor) {
    List<Long> shape = tensor.shape();
    return "%-48s %-6s %-22s %16s"
        .formatted(tensor.name(), tensor.type(), shape, number(tensor.bytes()));
  }

  private static void line(PrintWriter out, String name, String value) {
    out.printf("%-15s %s%n", name, value);
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
