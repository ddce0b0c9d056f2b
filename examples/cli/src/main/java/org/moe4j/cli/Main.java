// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The {@code moe4j} command. Results go to standard output, everything else to standard error. */
@Command(
    name = "moe4j",
    description = "Runs Mixture-of-Experts language models.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {
      RunCommand.class,
      ChatCommand.class,
      InspectCommand.class,
      TokenizeCommand.class,
      RenderCommand.class,
      TraceCommand.class,
      BenchCommand.class
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done",
      "1:anything else went wrong",
      "2:wrong use",
      "3:the model or an input is refused",
      "4:cancelled or out of time"
    })
public final class Main implements Runnable {

  static final int DONE = 0;
  static final int FAILED = 1;
  static final int WRONG_USE = 2;
  static final int REFUSED = 3;
  static final int CANCELLED = 4;

  @Spec private CommandSpec spec;

  /** Called by {@link #commandLine()}. */
  Main() {}

  /**
   * Runs the command and ends the process with its exit status.
   *
   * @param args the arguments
   */
  public static void main(String[] args) {
    Interrupts.install(Thread.currentThread());
    // Scripts rely on the bytes, so they do not depend on the locale.
    PrintWriter out = utf8(FileDescriptor.out);
    PrintWriter err = utf8(FileDescriptor.err);
    int status;
    try {
      status = commandLine().setOut(out).setErr(err).execute(args);
    } catch (OutOfMemoryError e) {
      err.println("moe4j: " + e.getMessage() + "; MOE4J_OPTS=-Xmx8g, for example, allows more");
      status = FAILED;
    }
    out.flush();
    err.flush();
    System.exit(status);
  }

  private static PrintWriter utf8(FileDescriptor descriptor) {
    OutputStream stream = new FileOutputStream(descriptor);
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8));
  }

  /** The command with its subcommands and the rules for exit statuses. */
  static CommandLine commandLine() {
    CommandLine command = new CommandLine(new Main());
    // A prompt or text may begin with a dash, as a list does.
    for (String textual : List.of("run", "tokenize")) {
      command.getSubcommands().get(textual).setUnmatchedOptionsArePositionalParams(true);
    }
    return command
        // A prompt may also begin with @.
        .setExpandAtFiles(false)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Main::wrongUse)
        .setExecutionExceptionHandler(Main::failed);
  }

  /** Without a subcommand. */
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand is missing");
  }

  private static int wrongUse(ParameterException problem, String[] args) {
    CommandLine command = problem.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    command
        .getErr()
        .printf("%s: %s (%s --help tells more)%n", name, oneLine(problem.getMessage()), name);
    command.getErr().flush();
    return WRONG_USE;
  }

  private static int failed(Exception failure, CommandLine command, ParseResult parsed) {
    PrintWriter err = command.getErr();
    CommonOptions common = common(parsed);
    if (common != null && common.debug()) {
      failure.printStackTrace(err);
    }
    if (Interrupts.happened()) {
      err.println("moe4j: cancelled");
      err.flush();
      return CANCELLED;
    }
    String message = oneLine(describe(failure));
    if (failure instanceof MixtureException.BadRequest
        && common != null
        && !message.contains(common.modelName())) {
      message = common.modelName() + ": " + message;
    }
    err.println("moe4j: " + message);
    err.flush();
    return status(failure);
  }

  /** The options of the subcommand that ran. */
  private static @Nullable CommonOptions common(ParseResult parsed) {
    return parsed.hasSubcommand()
            && parsed.subcommand().commandSpec().mixins().get("common").userObject()
                instanceof CommonOptions common
        ? common
        : null;
  }

  private static int status(Exception failure) {
    return switch (failure) {
      case MixtureException.BadFile _,
          MixtureException.Unsupported _,
          MixtureException.BadRequest _,
          MixtureException.Rejected _ ->
          REFUSED;
      case MixtureException.Closed _ -> CANCELLED;
      default -> FAILED;
    };
  }

  /** Something outside the model went wrong; the message is all that a user needs. */
  static final class Problem extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Problem(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private static String describe(Exception failure) {
    String message = failure.getMessage();
    return (failure instanceof MixtureException || failure instanceof Problem) && message != null
        ? message
        : failure.getClass().getSimpleName() + (message == null ? "" : ": " + message);
  }

  static String oneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", " ");
  }

  /** The version in the jar's manifest. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"moe4j " + (version == null ? "(not from a jar)" : version)};
    }
  }
}
