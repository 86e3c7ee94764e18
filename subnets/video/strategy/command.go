package strategy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/media/child"
)

// command runs the user's own program. {in}, {out} and {task} in its arguments become the paths of the clip, of the
// file to write and of the job as JSON. It is not run by a shell, it inherits the user's environment, and it holds
// one of the machine's slots. Its deadline is the context's.
func command(ctx context.Context, e Env, j Job) error {
	words, err := splitWords(e.Command)
	if err != nil {
		return err
	}
	task := j.Output + ".task.json"
	defer os.Remove(task)
	text, err := json.MarshalIndent(j, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(task, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the task file: %w", err)
	}
	fill := strings.NewReplacer("{in}", j.Input, "{out}", j.Output, "{task}", task)
	for i := range words {
		words[i] = fill.Replace(words[i])
	}
	release, err := e.Tool.Slots().Acquire(ctx)
	if err != nil {
		return err
	}
	defer release()
	os.Remove(j.Output) // an old file must not pass for an answer
	_, err = child.Run(ctx, child.Spec{
		Path: words[0], Args: words[1:], Env: append(os.Environ(), media.SlotHeldEnv+"=1"), MaxMemory: -1,
	})
	if err != nil {
		return fmt.Errorf("run your encoder: %w", err)
	}
	if st, err := os.Stat(j.Output); err != nil || st.Size() == 0 {
		return fmt.Errorf("your encoder %s ended without writing %s: it must write the video to {out}", words[0], j.Output)
	}
	return nil
}

// splitWords splits a command line at spaces; single or double quotes keep words together.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	open := false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, open = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if open {
				words = append(words, word.String())
				word.Reset()
				open = false
			}
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("encoder command %q: a quote is not closed", line)
	}
	if open {
		words = append(words, word.String())
	}
	if len(words) == 0 {
		return nil, errors.New("no encoder command: set it with --encoder './my.sh {in} {out} {task}'")
	}
	return words, nil
}
