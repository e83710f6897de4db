/* SPDX-License-Identifier: Apache-2.0 */
/* The accessors behind the field table, by family. Only the table and the accessors include this. */
#pragma once
#include "event/field.h"

static inline bool yield_text(struct value *ret, struct text t)
{
	*ret = value_of_text(t);
	return t.data != NULL;
}

static inline bool yield_i64(struct value *ret, int64_t n)
{
	*ret = (struct value){ .i = n, .type = VALUE_INT };
	return true;
}

static inline bool yield_number(struct value *ret, enum value_type type, uint64_t n)
{
	*ret = (struct value){ .u = n, .type = (uint8_t)type };
	return true;
}

static inline bool yield_bool(struct value *ret, bool b)
{
	return yield_number(ret, VALUE_BOOL, b);
}

bool yield_texts(struct value *ret, struct scratch *s, const struct text *items, uint32_t count);

/* Nothing yields it any more; rules may still name it. */
field_get field_absent;
field_presence field_never;
field_presence field_fixed;

/* --- evt ---------------------------------------------------------------------------------------- */

enum field_event_number {
	EVENT_NUM,
	EVENT_RAWTIME,
	EVENT_RAWTIME_S,
	EVENT_RAWTIME_NS,
	EVENT_RELTIME,
	EVENT_RELTIME_S,
	EVENT_RELTIME_NS,
	EVENT_CPU,
	EVENT_ONE,
};
field_get field_event_number, field_event_time, field_event_datetime, field_event_type,
	field_event_category, field_event_source, field_event_hostname, field_event_direction,
	field_event_args, field_event_arg, field_event_rawarg, field_event_buffer,
	field_event_buflen, field_event_res, field_event_rawres, field_event_failed,
	field_event_denied, field_event_asked, field_event_io, field_event_io_dir,
	field_event_is_syslog, field_event_abspath, field_event_open, field_fs_path, field_fs_paths;
field_presence field_has_param, field_has_data, field_has_result, field_is_io_type,
	field_open_presence, field_abspath_presence, field_fs_path_presence,
	field_fs_paths_presence, field_syscall_presence;

enum field_asked { ASKED_ON_GUARD, ASKED_OUTSIDE };
enum field_open { OPEN_FOR_READ, OPEN_FOR_WRITE, OPEN_FOR_EXEC, OPEN_CREATES };
enum field_path { PATH_NAME, PATH_SOURCE, PATH_TARGET, PATH_RAW = 4 };

/* The text of a parameter as evt.arg shows it; false if the event does not carry it. */
bool event_param_text(const struct event *ev, uint32_t index, struct scratch *s, struct text *ret);

/* --- proc, thread, user, group ------------------------------------------------------------------- */

enum field_process_time { TIME_DURATION, TIME_START };
enum field_leader { LEADER_SESSION, LEADER_VGROUP, LEADER_GROUP };
enum field_leader_part { PART_NAME, PART_EXE, PART_EXEPATH };
field_get field_process_text, field_process_i64, field_process_u64, field_process_u32,
	field_process_flag, field_process_time, field_process_args, field_process_arglist,
	field_process_cmdline, field_process_exeline, field_process_env, field_process_env_ancestor,
	field_process_nargs, field_process_largs, field_process_ancestor_text,
	field_process_ancestor_pid, field_process_ancestor_args, field_process_ancestor_cmdline,
	field_process_login_shell, field_process_leader, field_process_is_leader,
	field_process_ctime_to_start, field_process_ctime_to_pidns, field_process_stdio,
	field_process_caps, field_process_threads, field_thread_id, field_thread_vid,
	field_thread_main, field_user_id, field_user_name, field_user_loginuid, field_user_before,
	field_process_ppid;

/* --- fd ------------------------------------------------------------------------------------------ */

enum field_side { SIDE_CLIENT, SIDE_SERVER, SIDE_LOCAL, SIDE_REMOTE };
field_get field_fd_num, field_fd_type, field_fd_typechar, field_fd_name, field_fd_nameraw,
	field_fd_directory, field_fd_filename, field_fd_address, field_fd_addresses, field_fd_port,
	field_fd_ports, field_fd_proto, field_fd_domain, field_fd_l4proto, field_fd_family,
	field_fd_is_server, field_fd_uid, field_fd_container_name, field_fd_container_directory,
	field_fd_flag, field_fd_name_changed, field_fd_device, field_fd_inode;
field_presence field_fd_presence;

/* The tuple or path of a descriptor. */
bool fd_name(const struct event *ev, bool raw, struct scratch *s, struct text *ret);

/* --- container, k8s ------------------------------------------------------------------------------ */

field_get field_container_id, field_target_container, field_container_text, field_container_name,
	field_container_flag, field_container_privileged, field_container_mounts,
	field_container_mount, field_container_start, field_container_labels, field_container_label,
	field_pod_text, field_pod_labels, field_pod_label;
enum field_mount { MOUNT_ALL, MOUNT_SOURCE, MOUNT_DEST, MOUNT_MODE, MOUNT_RDWR, MOUNT_PROPAGATION };

/* --- ka, jevt ------------------------------------------------------------------------------------- */

field_get field_audit_path, field_audit_list, field_audit_uri_param, field_audit_pod_name,
	field_audit_subjects, field_audit_true, field_audit_containers, field_audit_container_first,
	field_audit_any_privileged, field_audit_rules, field_audit_ports, field_audit_hostpath,
	field_audit_volumes, field_audit_volume_types, field_json_value, field_json_object,
	field_json_rawtime;

enum audit_path {
	AUDIT_ID,
	AUDIT_STAGE,
	AUDIT_DECISION,
	AUDIT_REASON,
	AUDIT_OPENSHIFT_DECISION,
	AUDIT_OPENSHIFT_USER,
	AUDIT_POLICY_FAILURE,
	AUDIT_POD_VIOLATIONS,
	AUDIT_USER,
	AUDIT_GROUPS,
	AUDIT_IMPERSONATED,
	AUDIT_VERB,
	AUDIT_URI,
	AUDIT_TARGET_NAME,
	AUDIT_TARGET_NAMESPACE,
	AUDIT_TARGET_RESOURCE,
	AUDIT_TARGET_SUBRESOURCE,
	AUDIT_SUBJECTS,
	AUDIT_ROLE,
	AUDIT_DATA,
	AUDIT_HOST_IPC,
	AUDIT_HOST_NETWORK,
	AUDIT_HOST_PID,
	AUDIT_RUN_AS_USER,
	AUDIT_RUN_AS_GROUP,
	AUDIT_ROLE_RULES,
	AUDIT_FS_GROUP,
	AUDIT_SUPPLEMENTAL_GROUPS,
	AUDIT_SERVICE_TYPE,
	AUDIT_RESPONSE_NAME,
	AUDIT_CODE,
	AUDIT_RESPONSE_REASON,
	AUDIT_USER_AGENT,
	AUDIT_SOURCE_IPS,
	AUDIT_CLUSTER,
	AUDIT_PATHS
};
enum audit_subjects { SUBJECT_USERS, SUBJECT_ACCOUNTS, SUBJECT_NAMESPACED, SUBJECT_GROUPS };
enum audit_rule_part { RULE_GROUPS, RULE_URLS, RULE_VERBS, RULE_RESOURCES };
enum audit_volume { VOLUME_HOSTPATH, VOLUME_FLEX };
/* A property of the containers of a pod; which list of them is in the upper bits. */
enum audit_container {
	CONTAINER_ARGS,
	CONTAINER_COMMAND,
	CONTAINER_NAME,
	CONTAINER_IMAGE,
	CONTAINER_REPOSITORY,
	CONTAINER_HOST_PORT,
	CONTAINER_PRIVILEGED,
	CONTAINER_ESCALATION,
	CONTAINER_READ_ONLY,
	CONTAINER_RUN_AS_USER,
	CONTAINER_EFFECTIVE_USER,
	CONTAINER_RUN_AS_GROUP,
	CONTAINER_EFFECTIVE_GROUP,
	CONTAINER_PROC_MOUNT,
	CONTAINER_CAPABILITIES,
	CONTAINERS_MAIN = 0 << 8,
	CONTAINERS_INIT = 1 << 8,
	CONTAINERS_EPHEMERAL = 2 << 8,
};
