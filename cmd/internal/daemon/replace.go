package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"plumbago/conf"
)

// Hooks are what a reload has to do with beyond the pipeline. Each may be nil.
type Hooks struct {
	// Log opens what the messages are to go to, and returns what makes them go there.
	Log func(conf.Log) (change func(), err error)
	// Around runs a reload, and says to whom it may concern that it is one.
	Around func(reload func())
}

func (d *Daemon) setHooks(h Hooks) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hooks = h
}

func (d *Daemon) hooksNow() Hooks {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.hooks
}

// Reloaded is what a reload did.
type Reloaded struct {
	Changes  []string `json:"changes"`            // what is different, a line each
	Warnings []string `json:"warnings,omitempty"` // what is odd about the configuration
	Hash     string   `json:"config_hash"`
}

// A ReloadStatus says how the last reload went.
type ReloadStatus struct {
	At     time.Time `json:"at"`
	Done   int64     `json:"done"`            // how many went well so far
	Failed int64     `json:"failed"`          // and how many did not
	Error  string    `json:"error,omitempty"` // why the last one did not; empty if it did
	Memory bool      `json:"memory_only"`     // what is running was put in, and is in no file
}

// ErrNoFile is of a configuration that is to be saved and came from no file.
var ErrNoFile = errors.New("plumbago runs on its built-in configuration: there is no file to save this to")

// A draft is a configuration that is to run.
type draft struct {
	file   *conf.File
	called string // what faults call its text; empty if that has its own name
	saved  *saving
}

// Reload reads the configuration's file again and makes it the one that is running. The error is conf.Faults where the file
// is what is wrong.
func (d *Daemon) Reload() (Reloaded, error) {
	return d.change(func() (r draft, err error) {
		running := d.File()
		if !running.FromFile() {
			return draft{file: conf.Default()}, nil
		}
		f, faults := conf.Load(running.Name(), os.LookupEnv)
		if faults != nil {
			return r, faults
		}
		return draft{file: f}, nil
	})
}

// Replace makes a text the configuration that is running. It stays so until the next Reload or the end, unless it is saved: then
// it is in the configuration's file, too. Faults name the text "configuration".
func (d *Daemon) Replace(text []byte, save bool) (Reloaded, error) {
	return d.change(func() (r draft, err error) {
		running := d.File()
		text = conf.Unmask(running, text)
		f, faults := conf.Parse(running.Name(), text, os.LookupEnv)
		r = draft{file: f, called: "configuration"}
		switch {
		case faults != nil:
			return r, faults
		case !save:
			return r, nil
		case !running.FromFile():
			return r, ErrNoFile
		}
		r.saved, err = beside(running.Name(), text)
		return r, err
	})
}

// change has what read gives be what is running.
func (d *Daemon) change(read func() (draft, error)) (r Reloaded, err error) {
	reload := func() {
		var t draft
		if t, err = read(); err == nil {
			if r.Changes, err = d.Apply(t.file); err == nil {
				err = t.saved.commit()
			} else {
				t.saved.discard()
			}
		}
		var faults conf.Faults
		if t.called != "" && errors.As(err, &faults) {
			err = faults.Within(t.file.Name(), t.called)
		}
		d.noteReload(&t, &r, err)
	}
	if around := d.hooksNow().Around; around != nil {
		around(reload)
	} else {
		reload()
	}
	return r, err
}

// noteReload remembers and logs how a reload went.
func (d *Daemon) noteReload(t *draft, r *Reloaded, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.reloaded
	s.At, s.Error = time.Now(), ""
	if err != nil {
		s.Failed++
		s.Error = err.Error()
		d.log.Error("the configuration was not changed", zap.Error(err))
		return
	}
	s.Done++
	s.Memory = t.called != "" && t.saved == nil
	r.Hash = t.file.Hash()
	if r.Changes == nil {
		r.Changes = []string{}
	}
	for _, w := range t.file.Warnings {
		r.Warnings = append(r.Warnings, w.Error())
		d.log.Warn(w.Error())
	}
	d.log.Info("the configuration was loaded", zap.Strings("changes", r.Changes), zap.String("config_hash", r.Hash))
}

// reloadStatus says how the last reload went; nil if there was none.
func (d *Daemon) reloadStatus() *ReloadStatus {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.reloaded.At.IsZero() {
		return nil
	}
	s := d.reloaded
	return &s
}

// A saving is a text beside the file whose place it is to take. A nil one is none.
type saving struct{ temp, path string }

// beside writes a text for the file at path, with that one's permissions.
func beside(path string, text []byte) (*saving, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("saving the configuration: %w", err)
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, fmt.Errorf("saving the configuration: %w", err)
	}
	s := &saving{f.Name(), path}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		s.discard()
		return nil, fmt.Errorf("saving the configuration: %w", err)
	}
	return s, nil
}

func (s *saving) commit() error {
	if s == nil {
		return nil
	}
	if err := os.Rename(s.temp, s.path); err != nil {
		s.discard()
		return fmt.Errorf("saving the configuration, which is running: %w", err)
	}
	return nil
}

func (s *saving) discard() {
	if s != nil {
		_ = os.Remove(s.temp)
	}
}
